"""The product as processes: a server with its embedded Postgres, real agents, real commands."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

START_WITHIN_S = 30.0


class Server:
    """`mltui serve` on a data folder of its own. It can be killed and started again on the same port."""

    def __init__(self, data_dir: Path, environment: dict[str, str]) -> None:
        self.data_dir = data_dir
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = (
            os.environ
            | {
                "MLTUI_PORT": str(self.port),
                "MLTUI_DATA_DIR": str(data_dir),
                "MLTUI_CONFIG": os.devnull,
                "MLTUI_SPOOL": str(data_dir / "spool"),
                "MLTUI_URL": self.url,
            }
            | environment
        )
        self.process: subprocess.Popen[bytes] | None = None
        self.http = httpx.Client(base_url=self.url, timeout=10, headers={"X-Mltui-User": "ada"})

    def start(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with (self.data_dir / "stderr.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mltui_server"], env=self.environment, stderr=log, stdout=log
            )
        self.until(lambda: self.ask("/health") is not None, "the server to answer", START_WITHIN_S)

    def kill(self) -> None:
        """As `kill -9`: nothing is cleaned up."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> float:
        """SIGTERM. How many seconds it took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        return time.monotonic() - began

    def ask(self, path: str, **parameters: Any) -> Any:
        """The JSON at `path`; None while the server is away."""
        try:
            response = self.http.get(path, params=parameters)
        except httpx.TransportError:
            return None
        return response.json() if response.status_code == 200 else None

    def post(self, path: str, body: dict[str, Any]) -> Any:
        response = self.http.post(path, json=body)
        assert response.status_code in (200, 201), response.text
        return response.json()

    def run(self, run_id: str) -> Any:
        return self.ask(f"/api/v1/runs/{run_id}")

    def until_run(self, run_id: str, wanted, within_s: float = 60.0) -> Any:
        def holds() -> Any:
            run = self.run(run_id)
            return run if run is not None and wanted(run) else None

        return self.until(holds, f"run {run_id}", within_s)

    def until_ended(self, run_id: str, within_s: float = 60.0) -> Any:
        return self.until_run(run_id, lambda run: run["status"] in ("completed", "failed", "cancelled"), within_s)

    def until(self, ask, what: str, within_s: float) -> Any:
        deadline = time.monotonic() + within_s
        while not (answer := ask()):
            assert time.monotonic() < deadline, f"waited {within_s} s for {what}; {self.said()}"
            time.sleep(0.05)
        return answer

    def said(self) -> str:
        return (self.data_dir / "stderr.log").read_text()[-3000:]

    def dsn(self) -> str:
        """Of its embedded Postgres."""
        folder = (self.data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[4]
        return f"postgresql://postgres@/postgres?host={folder}"

    def postgres(self) -> psutil.Process:
        """The embedded Postgres' first process."""
        return psutil.Process(int((self.data_dir / "postgres" / "postmaster.pid").read_text().split("\n")[0]))

    def begin(self, stages: list[dict[str, Any]], name: str = "story", **changes: Any) -> str:
        """Make a pipeline and start a run of it."""
        self.post("/api/v1/pipelines", {"name": name, "stages": stages} | changes)
        return self.post(f"/api/v1/pipelines/{name}/runs", {})["id"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "data", {})
    server.start()
    yield server
    if server.process is not None and server.process.poll() is None:
        server.stop()
    server.http.close()


WORK = """
import os, sys, time, mltui
lines, pace = int(sys.argv[1]), float(sys.argv[2])
with mltui.start_run("inside") as run:
    for i in range(lines):
        run.log({"loss": 1 / (i + 1)}, step=i)
        print(f"line {i:05d}", flush=True)
        if i % 50 == 0:
            time.sleep(pace)
"""


@pytest.fixture
def work(tmp_path: Path):
    """A stage that prints numbered lines and logs as many samples, a given number of them at a given pace."""
    script = tmp_path / "work.py"
    script.write_text(WORK)

    def stage(lines: int = 2000, pace_s: float = 0.1, name: str = "work", **changes: Any) -> dict[str, Any]:
        return {"name": name, "command": [sys.executable, str(script), str(lines), str(pace_s)]} | changes

    return stage
