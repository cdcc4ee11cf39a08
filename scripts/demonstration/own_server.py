"""The demo's server: one process on the demo's data folder, started here or found alive, and stopped again."""

import asyncio
import contextlib
import json
import os
import socket
import sys
from pathlib import Path
from typing import Any, Self

from mltui.client import Client, Unreachable

MLTUI = str(Path(sys.executable).parent / "mltui")
PREFERRED_PORT = 8642
START_S = 30.0
STOP_S = 3.0
"""After that, the server is killed. With what stopping its runs may take, everything is down within five seconds."""
LOG_TAIL_BYTES = 2000


class DemoError(Exception):
    """The demo cannot go on. The message says why and where to look."""


class OwnServer:
    """`mltui serve` on `data`. Entering starts it, unless one that a demo started there still answers."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.url = ""
        self.reused = False
        """Found alive. It stays when the demo ends."""
        self.pid = 0
        self._process: asyncio.subprocess.Process | None = None
        self._note = data / "demo-server.json"
        self._log = data / "server.log"

    async def __aenter__(self) -> Self:
        self.data.mkdir(parents=True, exist_ok=True)
        if note := await self._alive():
            self.url, self.reused, self.pid = note["url"], True, note["pid"]
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
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(MLTUI, "serve", "--port", str(port)),
                env=os.environ | {"MLTUI_DATA_DIR": str(self.data)},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for us: we stop the server once what runs on it has stopped.
                start_new_session=True,
            )
        self.pid = self._process.pid
        self._note.write_text(json.dumps({"url": self.url, "pid": self.pid}))

    async def _stop(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_S)
            except TimeoutError:
                process.kill()
                await process.wait()
        self._note.unlink(missing_ok=True)

    async def _alive(self) -> dict[str, Any] | None:
        """What an earlier demo noted about its server, if that answers."""
        try:
            note: dict[str, Any] = json.loads(self._note.read_text())
        except (FileNotFoundError, ValueError):
            return None
        return note if await answers(note["url"]) else None

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
