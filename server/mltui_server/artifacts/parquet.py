"""The first rows of a Parquet artifact, read by a process of their own (`parquet_child`)."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

import msgspec

from mltui.wire.artifact_previews import NoPreview, TablePreview
from mltui_server.artifacts.parquet_child import ASK, DONE

MOST_BYTES = 64 << 20
"""Of the file that are fetched."""
WITHIN_S = 15.0
AT_A_TIME = 2
_decoder = msgspec.json.Decoder(TablePreview | NoPreview)

Fetch = Callable[[int, int], Awaitable[bytes]]
"""The bytes from a start up to, not including, a stop."""


class ParquetReader:
    def __init__(self) -> None:
        self._free = asyncio.Semaphore(AT_A_TIME)

    async def first_rows(self, size: int, fetch: Fetch) -> TablePreview | NoPreview:
        """Raises what `fetch` raises."""
        async with self._free:
            command = (sys.executable, "-m", "mltui_server.artifacts.parquet_child", str(size))
            child = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            try:
                async with asyncio.timeout(WITHIN_S):
                    return await _serve(child, fetch)
            except TimeoutError:
                return NoPreview(note="its first rows took too long to read")
            except (EOFError, ConnectionError, msgspec.DecodeError):
                return NoPreview(note="it cannot be read as Parquet: its reader gave up, or took too much memory")
            finally:
                if child.returncode is None:
                    child.kill()
                await child.wait()


async def _serve(child: asyncio.subprocess.Process, fetch: Fetch) -> TablePreview | NoPreview:
    assert child.stdin is not None and child.stdout is not None
    left = MOST_BYTES
    while True:
        start, count = ASK.unpack(await child.stdout.readexactly(ASK.size))
        if start == DONE:
            answer: TablePreview | NoPreview = _decoder.decode(await child.stdout.read())
            return answer
        left -= count
        if left < 0:
            # It takes the end of its input for what it is, and says so.
            child.stdin.close()
            continue
        child.stdin.write(await fetch(start, start + count))
        await child.stdin.drain()
