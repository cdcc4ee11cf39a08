"""How far the work is: counted where it is done, told to the server about once a second."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from mltui.client import Client, ProblemError, Unreachable
from mltui.wire.ingestion import Progress

TELL_EVERY_S = 1.0


@dataclass
class Account:
    """Bytes of the source, and rows. Of a remote source half a byte counts when it has come, half when it is read."""

    total: int | None = None
    remote: bool = False
    fetched: int = 0
    read: int = 0
    rows: int = 0

    @property
    def bytes(self) -> int:
        return (self.fetched + self.read) // 2 if self.remote else self.read


@asynccontextmanager
async def told(
    client: Client, job: str, run: str, account: Account, look: Callable[[], None] = lambda: None
) -> AsyncIterator[None]:
    """Tell the server how far `account` is while the block runs. `look` brings it up to date."""
    telling = asyncio.create_task(_tell(client, job, run, account, look))
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.wait([telling])


async def _tell(client: Client, job: str, run: str, account: Account, look: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(TELL_EVERY_S)
        # In a thread: it asks a DuckDB that is busy, and a cancellation must be heard meanwhile.
        await asyncio.to_thread(look)
        said = Progress(run=run, bytes=account.bytes, bytes_total=account.total, rows=account.rows)
        # Whoever is away hears the next one; whoever refuses has ended the job, of which the agent hears.
        with contextlib.suppress(Unreachable, ProblemError):
            await client.job_progress(job, said)
