"""A server of this command's own: `mltui serve` as a child, started, waited for and stopped."""

import asyncio
import contextlib
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mltui.cli.serve import settings_of
from mltui.cli.session import CommandError

if TYPE_CHECKING:
    from mltui.client import Client
    from mltui_server.settings import Settings

START_S = 60.0
"""The first start makes a database, on a slow disk in seconds."""
LOOK_EVERY_S = 0.05
STOP_S = 5.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 60.0
"""Between looks whether it has died; twice as long after each death."""
LOG_NAME = "server.log"
LOG_BYTES = 10 * 1024 * 1024
"""A longer log is put aside at the next start; the one before it goes."""


class LocalServer:
    """The child process that serves `url`, and the file that has its log."""

    def __init__(self, url: str, log: Path) -> None:
        self.url, self.log = url, log
        self._begin = 0
        """The byte of the log at which this server's own begins."""
        self.process = self._spawn()

    def last_words(self) -> str:
        """The last line of its log, as far as it is this server's."""
        lines = self.log.read_bytes()[self._begin :].decode(errors="replace").strip().splitlines()
        return lines[-1].removeprefix("mltui: ").removeprefix("mltui serve: ") if lines else "it said nothing"

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Meanwhile, start it again whenever it dies: it takes over what it left behind."""
        done = threading.Event()

        def keep() -> None:
            pause = FIRST_PAUSE_S
            while not done.wait(pause):
                if self.process.poll() is None:
                    pause = FIRST_PAUSE_S
                else:
                    self.process = self._spawn()
                    pause = min(pause * 2, LONGEST_PAUSE_S)

        keeper = threading.Thread(target=keep, name="server-keeper", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            done.set()
            keeper.join()

    def stop(self) -> bool:
        """SIGTERM, and wait. False when it still runs after STOP_S."""
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _spawn(self) -> "subprocess.Popen[bytes]":
        parts = urlsplit(self.url)
        where = ["--host", parts.hostname or "", "--port", str(parts.port or 80)]
        with self.log.open("ab") as output:
            self._begin = output.tell()
            return subprocess.Popen(
                [sys.executable, "-m", "mltui", "serve", *where],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C in the terminal is for the console; the server stops when we say so.
                start_new_session=True,
            )


def own_url(settings: "Settings") -> str:
    """Where a server with these settings is reached."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


async def answers(client: "Client") -> bool:
    """Whether a server is there, in whatever state. Raises Unreachable when something else is."""
    from mltui.client import Unreachable

    try:
        await client.health()
    except Unreachable as error:
        if error.nobody:
            return False
        raise
    return True


def start(url: str) -> LocalServer:
    """Start a server that will answer at `url`. Raises CommandError when `url` is not on this machine."""
    from mltui.transport import is_loopback

    parts = urlsplit(url)
    if parts.scheme != "http" or not is_loopback(url) or parts.path:
        raise CommandError(
            f"no server at {url}; `mltui up` starts one on this machine only, as at http://127.0.0.1:8642"
        )
    folder = settings_of().data_path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / LOG_NAME
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.replace(log.with_suffix(".old.log"))
        return LocalServer(url, log)
    except OSError as error:
        raise CommandError(f"cannot start a server: {error}") from None


async def wait_until_ready(server: LocalServer, client: "Client") -> None:
    """Until it answers. Raises CommandError with the server's own words when it ended instead."""
    from mltui.client import Unreachable

    async with asyncio.timeout(START_S) as patience:
        while True:
            if server.process.poll() is not None:
                raise CommandError(f"the server did not start: {server.last_words()} (its log: {server.log})")
            try:
                await client.health()
                return
            except Unreachable:
                if patience.expired():
                    raise
            await asyncio.sleep(LOOK_EVERY_S)


def stop_on_signals() -> None:
    """Let SIGTERM and a closed terminal end this process by way of its `finally` blocks."""

    def leave(number: int, _: object) -> None:
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, leave)
