"""Tasks that end with the block that started them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

T = TypeVar("T")

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


async def each(items: Iterable[T], at_once: int, do: Callable[[T], Awaitable[None]]) -> None:
    """`do` every item, so many at a time, in order. What one of them raises ends the others."""
    waiting = iter(items)

    async def work() -> None:
        for item in waiting:
            await do(item)

    tasks = [asyncio.create_task(work()) for _ in range(at_once)]
    try:
        await asyncio.gather(*tasks)
    finally:
        await stop(tasks)
