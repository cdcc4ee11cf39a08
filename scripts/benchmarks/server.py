"""A real server for a benchmark: `mltui serve` on a fresh folder, with its embedded Postgres and sample store."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.seed import embedded_dsn

MLTUI = str(Path(sys.executable).parent / "mltui")
START_S = 30.0
STOP_S = 10.0


@dataclass(frozen=True)
class BenchServer:
    url: str
    data: Path
    pid: int

    @property
    def dsn(self) -> str:
        """Libpq's URL of its Postgres."""
        return embedded_dsn(self.data)


@contextmanager
def bench_server(**settings: str) -> Iterator[BenchServer]:
    """Start a server, yield it once it answers, stop it. `settings` are environment variables.

    Raises RuntimeError with its output when it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="mltui-bench-") as folder:
        # The embedded Postgres of root is another user's, who must be able to enter.
        Path(folder).chmod(0o755)
        data = Path(folder) / "data"
        data.mkdir()
        environment = {
            name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "MLTUI_CONFIG")
        }
        with (Path(folder) / "server.log").open("wb") as log:
            process = subprocess.Popen(
                [MLTUI, "serve", "--port", "0"],
                env=environment | settings | {"MLTUI_DATA_DIR": str(data)},
                stdout=log, stderr=log,
            )  # fmt: skip
        try:
            url = _wait_for_url(process, data, Path(log.name))
            yield BenchServer(url, data, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for_url(process: subprocess.Popen[bytes], data: Path, log: Path) -> str:
    """The address, once the server listens: it keeps it in a file while it runs."""
    import httpx

    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        url = data / "server.url"
        if url.exists() and (address := url.read_text().strip()):
            try:
                if httpx.get(f"{address}/health", timeout=5).status_code == 200:
                    return address
            except httpx.TransportError:
                pass  # Not listening yet.
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-2000:]}")
