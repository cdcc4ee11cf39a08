"""The demo's server: one process on the demo's data folder, started here or found alive, and stopped again."""

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from typing import Self

from mltui.client import Client, Unreachable

MLTUI = str(Path(sys.executable).parent / "mltui")
PREFERRED_PORT = 8642
PORT_TAKEN = "cannot listen on"
START_S = 60.0
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
        self._address = data / "server.url"

    async def __aenter__(self) -> Self:
        self.data.mkdir(parents=True, exist_ok=True)
        if (url := self._said()) and await answers(url):
            self.url, self.reused = url, True
        else:
            await self._start(PREFERRED_PORT)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None:
            await self._stop(self._process)

    async def ready(self) -> None:
        """Wait until the server answers. Raises DemoError when it exits or stays silent."""
        try:
            async with asyncio.timeout(START_S):
                while not (self.url and await answers(self.url)):
                    if self._process is not None and self._process.returncode is not None:
                        await self._start_elsewhere()
                    self.url = self._said()
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise DemoError(f"the server does not answer; the end of {self._log}:\n{self._tail()}") from None

    async def _start(self, port: int) -> None:
        self._address.unlink(missing_ok=True)  # of one that was killed
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

    async def _start_elsewhere(self) -> None:
        """It has exited: the usual port may be taken, and any will do. Raises DemoError for any other reason."""
        if PORT_TAKEN not in self._tail():
            raise DemoError(f"the server did not start; the end of {self._log}:\n{self._tail()}")
        await self._start(port=0)

    async def _stop(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(STOP_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()

    def _said(self) -> str:
        """The address that a server on this folder keeps in a file while it runs; empty when there is none."""
        return self._address.read_text().strip() if self._address.exists() else ""

    def _tail(self) -> str:
        return self._log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")


async def answers(url: str) -> bool:
    with contextlib.suppress(Unreachable):
        async with Client(url) as client:
            return (await client.health()).status != "down"
    return False


async def call(url: str, *words: str) -> None:
    """Run the `mltui` command. Raises DemoError with what it said when it fails."""
    process = await asyncio.create_subprocess_exec(
        *(MLTUI, *words, "--url", url), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise DemoError(f"mltui {' '.join(words)}: {said.decode(errors='replace').strip()}")
