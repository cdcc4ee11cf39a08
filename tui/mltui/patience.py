"""Asking a server that may be away for a while."""

import asyncio
import random
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

from mltui.transport import ProblemError, Unreachable

T = TypeVar("T")

FIRST_DELAY_S, LONGEST_DELAY_S = 0.2, 3.0
AWAY = (502, 503, 504)


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """What `ask` returns, once the server is there to answer. Says on stderr, once, that it waits."""
    delay, told = FIRST_DELAY_S, False
    while True:
        try:
            return await ask()
        except Unreachable as error:
            why = str(error)
        except ProblemError as error:
            if error.problem.status not in AWAY:
                raise
            why = str(error)
        if not told:
            say_waiting(why)
            told = True
        await asyncio.sleep(delay * random.uniform(0.5, 1.0))
        delay = min(delay * 2, LONGEST_DELAY_S)


def say_waiting(why: str) -> None:
    print(f"mltui: {why}; waiting for it", file=sys.stderr, flush=True)  # noqa: T201
