"""What a console still knows when it is started again: a small file, kept by server.

It is read once, and at each change read again, changed where this console changed something, and put in its place
whole: so two consoles keep each other's. A file that cannot be understood is left alone, and nothing is kept then.
"""

from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Literal

import msgspec
import platformdirs

Refresh = Literal["live", "10s", "1m", "off"]
"""How often what is shown is asked for: at news, or by the clock."""
DEFAULT_RANGE = "1h"
VERSION = 1
MOST_METRICS = 500
"""Of one server that are remembered; those looked at longest ago go."""
FORGOTTEN = "what you choose is forgotten when the console ends"


class MetricMemory(msgspec.Struct, omit_defaults=True):
    """How one metric was looked at."""

    chart: str = ""
    """Empty for the one that its type has first."""
    filters: dict[str, list[str]] = {}
    """By label key, the values that are let through."""


class ServerMemory(msgspec.Struct, omit_defaults=True):
    """What was looked at on one server."""

    metric: str = ""
    range: str = DEFAULT_RANGE
    refresh: Refresh = "live"
    metrics: dict[str, MetricMemory] = {}


class _File(msgspec.Struct):
    version: int
    servers: msgspec.Raw = msgspec.Raw(b"{}")
    """By the server's URL; read only once the version is known."""


class Memory:
    """What is remembered of the server at `url`; with no `path`, until the console ends.

    `fault` says in one line why the file is not used; None when it is, or when there is none yet.
    """

    def __init__(self, path: Path | None = None, url: str = "") -> None:
        self._path, self._url = path, url
        self.fault: str | None = None
        self.here = (self._read() or {}).get(url, ServerMemory())

    def of(self, metric: str) -> MetricMemory:
        """How `metric` was looked at last."""
        return self.here.metrics.get(metric) or MetricMemory()

    def look_at(self, metric: str, *, chart: str | None = None, filters: dict[str, list[str]] | None = None) -> None:
        """`metric` was looked at last; with this chart and these filters, where they are given."""

        def change(memory: ServerMemory) -> None:
            memory.metric = metric
            before = memory.metrics.pop(metric, MetricMemory())
            after = MetricMemory(
                before.chart if chart is None else chart, before.filters if filters is None else filters
            )
            if after != MetricMemory():
                memory.metrics[metric] = after

        self._change(change)

    def choose(self, *, range: str | None = None, refresh: Refresh | None = None) -> None:
        """For all metrics: which time is shown, and how often it is asked for."""

        def change(memory: ServerMemory) -> None:
            memory.range = memory.range if range is None else range
            memory.refresh = memory.refresh if refresh is None else refresh

        self._change(change)

    def _change(self, what: Callable[[ServerMemory], None]) -> None:
        """Do `what` to what is remembered, here and in the file."""
        what(self.here)
        servers = None if self.fault else self._read()
        if self._path is None or servers is None:
            return
        there = servers.setdefault(self._url, ServerMemory())
        what(there)
        for name in list(there.metrics)[:-MOST_METRICS]:
            del there.metrics[name]
        try:
            _replace(self._path, msgspec.json.encode({"version": VERSION, "servers": servers}))
        except OSError as error:
            self.fault = f"{self._path}: {error.strerror}; {FORGOTTEN}"

    def _read(self) -> dict[str, ServerMemory] | None:
        """What the file says of each server; None where it cannot be used."""
        if self._path is None:
            return None
        try:
            file = msgspec.json.decode(self._path.read_bytes(), type=_File)
            if file.version == VERSION:
                return msgspec.json.decode(file.servers, type=dict[str, ServerMemory])
            self.fault = f"{self._path} is of another mltui (version {file.version}, not {VERSION}) and not used"
        except FileNotFoundError:
            return {}
        except OSError as error:
            self.fault = f"{self._path}: {error.strerror}; {FORGOTTEN}"
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self.fault = f"{self._path} is broken ({error}) and not used; mend or delete it"
        return None


def memory_file() -> Path:
    """Where this user's console keeps what it remembers, whether or not it exists."""
    return Path(platformdirs.user_state_dir("mltui")) / "console.json"


def _replace(path: Path, content: bytes) -> None:
    """Put `content` in the place of the file, or leave it as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        written = Path(file.name)
        try:
            file.write(content)
            file.flush()
            written.replace(path)
        except OSError:
            written.unlink()
            raise
