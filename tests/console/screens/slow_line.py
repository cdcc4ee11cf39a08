"""A slow line to a real server: what it forwards back can be held up, and it sees who hangs up."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


class SlowLine:
    """Forwards bytes both ways. While `open` is not set, requests with `held` in them wait."""

    def __init__(self, url: str, held: bytes) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.waiting = 0
        """Requests that are held up now."""
        self.hung_up = 0
        """Connections that their client gave up while it waited."""
        self.url = ""
        self._server, self._held = urlsplit(url), held

    async def forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._server.hostname, self._server.port)
        answers = asyncio.create_task(_pump(there, writer))
        waits = False
        try:
            while data := await reader.read(65536):
                if self._held in data and not self.open.is_set():
                    waits = True
                    self.waiting += 1
                    gone = asyncio.create_task(reader.read(1))
                    opened = asyncio.create_task(self.open.wait())
                    await asyncio.wait([gone, opened], return_when=asyncio.FIRST_COMPLETED)
                    opened.cancel()
                    self.waiting -= 1
                    if gone.done():
                        break
                    gone.cancel()
                    # Or it still reads where the next request is to be read.
                    await asyncio.wait([gone])
                    waits = False
                back.write(data)
        finally:
            self.hung_up += waits
            answers.cancel()
            for end in (writer, back):
                end.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def slow_line(url: str, held: bytes) -> AsyncIterator[SlowLine]:
    """A line to the server at `url`, for as long as the block."""
    line = SlowLine(url, held)
    server = await asyncio.start_server(line.forward, "127.0.0.1", 0)
    line.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield line
        line.open.set()
