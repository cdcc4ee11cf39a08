"""`mltui up` in a real terminal: a server and the console together, and what becomes of them on leaving."""

import os
import pty
import select
import signal
import socket
import sys
import time

import httpx
import psutil
import pytest
from server_process import wait_for

WITHIN_S = 45.0
QUIT = b"\x11"  # ctrl+q


class Terminal:
    """`mltui up` in a pseudo-terminal."""

    def __init__(self, environment: dict[str, str], *words: str) -> None:
        self.pid, self._screen = pty.fork()
        if self.pid == 0:
            os.execve(sys.executable, [sys.executable, "-m", "mltui", "up", *words], environment)
        self.output = b""

    def says(self, text: bytes) -> None:
        """Wait until it has written this since the last key."""
        deadline = time.monotonic() + WITHIN_S
        while text not in self.output:
            assert time.monotonic() < deadline, self.output[-2000:]
            self._read(0.1)

    def press(self, keys: bytes) -> None:
        self.output = b""
        os.write(self._screen, keys)

    def ends(self) -> int:
        """Wait for its end; the exit code."""
        deadline = time.monotonic() + WITHIN_S
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() < deadline, self.output[-2000:]
            self._read(0.05)

    def _read(self, within_s: float) -> None:
        ready, _, _ = select.select([self._screen], [], [], within_s)
        if ready:
            try:
                self.output += os.read(self._screen, 65536)
            except OSError:
                time.sleep(within_s)  # Its other side is closed: the process is about to end.


@pytest.fixture
def url(environment, dsn) -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
    environment |= {"MLTUI_URL": address, "DATABASE_URL": dsn, "TERM": "xterm-256color"}
    return address


def is_served(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", trust_env=False).is_success
    except httpx.TransportError:
        return False


def runs(url: str) -> list[dict]:
    return httpx.get(f"{url}/api/v1/runs", trust_env=False).json()["items"]


def test_leaving_asks_about_live_runs_and_stops_the_server_it_started(url, environment, mltui, tmp_path):
    terminal = Terminal(environment)
    terminal.says(b"\x1b[?1049h")  # The console has taken the screen.
    assert is_served(url)
    file = tmp_path / "pipeline.yaml"
    file.write_text("name: sleeper\nstages: [{name: nap, command: exec sleep 300}]\n")
    mltui("pipelines", "apply", file)
    mltui("pipelines", "start", "sleeper")
    terminal.press(QUIT)
    terminal.says(b"1 run is going on.")
    terminal.press(b"s\n")
    terminal.says(b"\x1b[?1049h")
    # Drawn: before it reads keys itself, the terminal would take this one for "go on writing".
    terminal.says(b"live")
    terminal.press(QUIT)
    terminal.says(b"s  stay in the console")
    terminal.press(b"c\n")
    terminal.says(b"cancelled")
    assert terminal.ends() == 0
    assert not is_served(url)


def test_what_is_left_running_goes_on_and_the_next_server_knows_it(url, environment, mltui, tmp_path):
    terminal = Terminal(environment)
    terminal.says(b"\x1b[?1049h")
    file = tmp_path / "pipeline.yaml"
    file.write_text("name: sleeper\nstages: [{name: nap, command: exec sleep 300}]\n")
    mltui("pipelines", "apply", file)
    mltui("pipelines", "start", "sleeper")
    wait_for(lambda: runs(url)[0]["status"] == "running", 20)
    terminal.press(QUIT)
    terminal.says(b"1 run is going on.")
    terminal.press(b"l\n")
    assert terminal.ends() == 0
    assert not is_served(url)
    again = Terminal(environment)
    again.says(b"\x1b[?1049h")
    assert runs(url)[0]["status"] == "running"
    again.press(QUIT)
    again.says(b"1 run is going on.")
    again.press(b"c\n")
    assert again.ends() == 0


def test_a_server_that_dies_is_started_again(url, environment, mltui):
    terminal = Terminal(environment)
    terminal.says(b"\x1b[?1049h")
    [server] = [p for p in psutil.Process(terminal.pid).children() if "serve" in p.cmdline()]
    server.kill()
    wait_for(lambda: not is_served(url), 5)
    wait_for(lambda: is_served(url), 30)
    terminal.press(QUIT)
    assert terminal.ends() == 0
    assert not is_served(url)


def test_without_an_address_it_goes_by_the_servers_own_settings(url, environment):
    port = environment.pop("MLTUI_URL").rpartition(":")[2]
    terminal = Terminal(environment | {"MLTUI_PORT": port})
    terminal.says(b"\x1b[?1049h")
    assert is_served(url)
    terminal.press(QUIT)
    assert terminal.ends() == 0


def test_a_closed_terminal_stops_the_server_too(url, environment):
    terminal = Terminal(environment)
    terminal.says(b"\x1b[?1049h")
    assert is_served(url)
    os.kill(terminal.pid, signal.SIGHUP)
    assert terminal.ends() == 128 + signal.SIGHUP
    wait_for(lambda: not is_served(url), 5)


def test_a_server_that_cannot_start_says_why_in_one_line(server, environment):
    # Its data folder is in use by another server.
    terminal = Terminal(environment, "--url", "http://127.0.0.1:1")
    assert terminal.ends() == 1
    [_, why] = terminal.output.decode().splitlines()
    assert why.startswith("mltui: the server did not start: ")


def test_without_a_terminal_there_is_no_console(mltui):
    for words in ([], ["up"]):
        assert "the console needs a terminal" in mltui(*words, code=1).stderr
