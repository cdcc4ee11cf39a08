"""InfluxDB for tests: Debian's influxd on ports and in a folder of its own, or any server that the environment names.

`MLTUI_TEST_INFLUX_URL` (with _TOKEN, _ORG, _USER, _PASSWORD): that server. Otherwise `influxd` 1.x from PATH or
`MLTUI_TEST_INFLUXD`. `MLTUI_TEST_NEEDS_INFLUX=1` turns a skip into a failure.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from mltui_server.samples.influx.access import Access

CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
index-version = "tsi1"
query-log-enabled = false
[coordinator]
query-timeout = "60s"
max-select-buckets = 100000
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:{port}"
log-enabled = false
auth-enabled = {auth}
[logging]
level = "warn"
"""
START_S = 20.0


class InfluxProcess:
    """One influxd. It keeps its port and its data over stops and starts."""

    def __init__(self, binary: str, folder: Path, *, auth: bool = False) -> None:
        self._command = [binary, "-config", str(folder / "influxd.conf")]
        self._log = folder / "influxd.log"
        self._process: subprocess.Popen[bytes] | None = None
        port, rpc = free_ports(2)
        self.url = f"http://127.0.0.1:{port}"
        folder.mkdir(parents=True, exist_ok=True)
        config = CONFIG.format(folder=folder, port=port, rpc=rpc, auth="true" if auth else "false")
        (folder / "influxd.conf").write_text(config)

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + START_S
        while True:
            try:
                if httpx.get(f"{self.url}/ping", trust_env=False).status_code == 204:
                    return
            except httpx.TransportError:
                pass
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, "influxd did not start in time"
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(START_S)
            self._process = None

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """It takes connections in the block, and answers nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def influxd() -> str:
    """The binary; skips the test where there is none."""
    if found := shutil.which(os.environ.get("MLTUI_TEST_INFLUXD", "influxd")):
        return found
    reason = "no influxd on PATH: install Debian's influxdb (1.6), or set MLTUI_TEST_INFLUXD or MLTUI_TEST_INFLUX_URL"
    if os.environ.get("MLTUI_TEST_NEEDS_INFLUX"):
        pytest.fail(reason)
    pytest.skip(reason)


def named_access(database: str) -> Access | None:
    """The server that the environment names."""
    url = os.environ.get("MLTUI_TEST_INFLUX_URL")
    if not url:
        return None
    rest = {
        part: os.environ.get(f"MLTUI_TEST_INFLUX_{part.upper()}", "") for part in ("user", "password", "token", "org")
    }
    return Access(url, database, **rest)


def influx_settings(access: Access) -> dict[str, str]:
    """That have a server use it."""
    return {f"influx_{part}": getattr(access, part) for part in ("url", "database", "user", "password", "token", "org")}


def direct(access: Access) -> httpx.AsyncClient:
    """Past our own client."""
    known = (access.user or "mltui", access.password or access.token) if access.password or access.token else None
    return httpx.AsyncClient(base_url=access.url, auth=known, trust_env=False)
