"""A real InfluxDB for a benchmark: started, and looked for, as the tests do it."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "tests" / "server"))


@contextmanager
def influx_server() -> Iterator[str | None]:
    """The address of a fresh one; None, and a line on stderr that says why, where there is none."""
    from influx_process import InfluxProcess, influxd  # type: ignore[import-not-found]

    try:
        binary = influxd()
    except (pytest.skip.Exception, pytest.fail.Exception) as none:
        print(f" skipped: {none}", end="", file=sys.stderr)
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="mltui-bench-") as folder:
        process = InfluxProcess(binary, Path(folder))
        process.start()
        try:
            yield process.url
        finally:
            process.stop()
