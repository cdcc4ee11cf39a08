"""The demo's server: one process on the demo's data folder, started here or found alive, and stopped again."""

import asyncio
import contextlib
import os
import socket
import sys
from pathlib import Path
from typing import Self

from mltui.client import Client, Unreachable

MLTUI = str(Path(sys.executable).parent / "mltui")
PREFERRED_PORT = 8642
START_S = 30.0
STOP_S = 3.0
"""After that, the server is killed. With what stopping its runs may take, everything is down within five seconds."""
LOG_TAIL_BYTES = 2000
ELSEWHERE_VARIABLES = {"DATABASE_URL", "MLTUI_HOST", "MLTUI_CONFIG"}
"""They say where a server of the user's own is; the demo has its own Postgres on this machine's loopback."""


class DemoError(Exception):
    """The demo cannot go on. The message says why and where to look."""


class OwnServer:
    """`mltui serve` on `data`. Entering starts it, unless one that a demo started there still answers."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.url = ""
        self.reused = False
        """Found alive. It stays when the demo ends."""
        self._process: asyncio.subprocess.Process | None = None
        self._log = data / "server.log"

    async def __aenter__(self) -> Self:
        self.data.mkdir(parents=True, exist_ok=True)
        if url := await self._alive():
            self.url, self.reused = url, True
        else:
            await self._start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None:
            await self._stop(self._process)

    async def ready(self) -> None:
        """Wait until the server answers. Raises DemoError when it exits or stays silent."""
        try:
            async with asyncio.timeout(START_S):
                while not await answers(self.url):
                    if self._process is not None and self._process.returncode is not None:
                        raise DemoError(f"the server did not start; the end of {self._log}:\n{self._tail()}")
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise DemoError(f"the server does not answer at {self.url}; see {self._log}:\n{self._tail()}") from None

    async def _start(self) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(MLTUI, "serve", "--port", str(port)),
                env={name: value for name, value in os.environ.items() if name not in ELSEWHERE_VARIABLES}
                | {"MLTUI_DATA_DIR": str(self.data)},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for us: we stop the server once what runs on it has stopped.
                start_new_session=True,
            )

    async def _stop(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_S)
            except TimeoutError:
                process.kill()
                await process.wait()

    async def _alive(self) -> str | None:
        """Address of a server that runs on this folder already: it keeps it in a file there."""
        try:
            url = (self.data / "server.url").read_text().strip()
        except FileNotFoundError:
            return None
        return url if await answers(url) else None

    def _tail(self) -> str:
        return self._log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")


async def answers(url: str) -> bool:
    with contextlib.suppress(Unreachable):
        async with Client(url) as client:
            return (await client.health()).status != "down"
    return False


def free_port() -> int:
    """The usual port, or any free one when it is taken."""
    for port in (PREFERRED_PORT, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DemoError("no free TCP port on 127.0.0.1")


async def call(url: str, *words: str) -> None:
    """Run the `mltui` command. Raises DemoError with what it said when it fails."""
    process = await asyncio.create_subprocess_exec(
        *(MLTUI, *words, "--url", url), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise DemoError(f"mltui {' '.join(words)}: {said.decode(errors='replace').strip()}")
