"""A real server process, and waiting for what it does."""

import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil

from tests.nursery import nursery

START_WITHIN_S = 60.0
SAYS_WITHIN_S = 45.0
HTTP = httpx.Client(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
"""One for all: to make one reads the machine's certificates, which takes longer than an answer."""


class ServerProcess:
    """A server on a port that stays the same when it is started again."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        self._environment = environment | {"MLTUI_PORT": str(self.port)}
        self.process: psutil.Process | None = None

    def start(self) -> None:
        self.process = nursery().start(self._environment, self.log)
        wait_for(self._answers, START_WITHIN_S, lambda: self.log.read_text(errors="replace"))

    def _answers(self) -> bool:
        assert self.process.is_running(), self.log.read_text(errors="replace")
        try:
            return HTTP.get(f"{self.url}/health").status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.is_running():
            self.process.terminate()
            self.process.wait(30)


class Spawned:
    """A command that goes on while the test does other things; what it prints goes to files."""

    def __init__(self, command: list[str], environment: dict[str, str], output: Path) -> None:
        self._out, self._err = output.with_suffix(".out"), output.with_suffix(".err")
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(command, env=environment, stdout=out, stderr=err)

    @property
    def out(self) -> str:
        return self._out.read_text(errors="surrogateescape")

    @property
    def err(self) -> str:
        return self._err.read_text(errors="surrogateescape")

    def says(self, text: str) -> None:
        """Wait until it has printed this."""
        wait_for(
            lambda: text in self.out or self.process.poll() is not None, SAYS_WITHIN_S, lambda: self.out + self.err
        )
        assert text in self.out, self.out + self.err

    def ends(self) -> int:
        """Wait for its end; the exit code."""
        wait_for(lambda: self.process.poll() is not None, SAYS_WITHIN_S, lambda: self.out + self.err)
        return self.process.returncode

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def wait_for(condition: Callable[[], object], within_s: float, explain: Callable[[], str] = lambda: "") -> None:
    """Wait until `condition` holds, and fail with what `explain` says when it does not in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.02)
