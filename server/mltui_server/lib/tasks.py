"""Background tasks that end with the block that started them."""

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN_S = 1.0


async def stop(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel them and wait for their end; what they raise is theirs.

    Asked again every second: before Python 3.12, `asyncio.wait_for` swallows a cancellation that comes at the moment
    when what it waits for is done. Nothing of ours calls it, but a library may, and a server must not hang at its end.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        done, pending = await asyncio.wait(pending, timeout=AGAIN_S)
        await asyncio.gather(*done, return_exceptions=True)
