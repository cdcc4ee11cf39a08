"""Answers that take a while, for as long as somebody waits for them."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from mltui_server.lib.errors import Unavailable
from mltui_server.samples.store import StoreError

T = TypeVar("T")

GONE_AWAY = 499
"""What others log too when nobody is left to read the answer."""


async def while_wanted(request: Request[Any, Any, State], work: Coroutine[Any, Any, T]) -> T:
    """Stop the work when the client goes away: a console that scrolls asks again long before a slow answer comes."""
    task, gone = asyncio.create_task(work), asyncio.create_task(_gone(request))
    try:
        await asyncio.wait([task, gone], return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise HTTPException(status_code=GONE_AWAY, detail="the client has gone away")
        return await task
    except StoreError as error:
        raise Unavailable(str(error)) from None
    finally:
        gone.cancel()
        task.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def _gone(request: Request[Any, Any, State]) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
