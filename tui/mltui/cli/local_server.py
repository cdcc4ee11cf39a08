"""A server of this command's own: `mltui serve` as a child, started, waited for and stopped."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mltui.cli.serve import settings_of
from mltui.cli.session import CommandError

if TYPE_CHECKING:
    from mltui.client import Client

START_S = 60.0
"""The first start makes a database, on a slow disk in seconds."""
LOOK_EVERY_S = 0.05
STOP_S = 5.0
LOG_NAME = "server.log"
LOG_BYTES = 10 * 1024 * 1024
"""A longer log is put aside at the next start; the one before it goes."""


class LocalServer:
    """The child process, and the file that has its log."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path, begin: int) -> None:
        """Its log starts at byte `begin` of the file."""
        self.process, self.log, self._begin = process, log, begin

    def last_words(self) -> str:
        """The last line of its log, as far as it is this server's."""
        lines = self.log.read_bytes()[self._begin :].decode(errors="replace").strip().splitlines()
        return lines[-1].removeprefix("mltui: ").removeprefix("mltui serve: ") if lines else "it said nothing"

    def stop(self) -> bool:
        """SIGTERM, and wait. False when it still runs after STOP_S."""
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            return False
        return True


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
        with log.open("ab") as output:
            begin = output.tell()
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "mltui",
                    "serve",
                    "--host",
                    parts.hostname or "",
                    "--port",
                    str(parts.port or 80),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C in the terminal is for the console; the server stops when we say so.
                start_new_session=True,
            )
    except OSError as error:
        raise CommandError(f"cannot start a server: {error}") from None
    return LocalServer(process, log, begin)


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
