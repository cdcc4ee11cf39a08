"""Requests that may be given up at any moment, and once more before they have ended.

httpx keeps its connections in order only against cancellation as anyio has it, which `Task.cancel` is not: that one
leaves some in the pool that nobody gets any more, until there is none left. And before the head of a request is being
sent, neither does it no harm. So each request is a task of its own, in a scope that is cancelled where it may be.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

import anyio
import httpx

HARMLESS_FROM = "http11.send_request_headers.started"
"""What httpx says through its `trace` extension once a request has its connection."""


class Exchanges:
    """Of one client. `pooled`: over connections of httpx, not over a transport of somebody else's."""

    def __init__(self, http: httpx.AsyncClient, *, pooled: bool = True) -> None:
        self.http, self._pooled = http, pooled
        self._ending = set[asyncio.Task[None]]()

    async def send(
        self, request: httpx.Request, *, stream: bool = False, auth: httpx.Auth | None = None
    ) -> httpx.Response:
        harmless = asyncio.get_running_loop().create_future()

        async def trace(event: str, _: object) -> None:
            if event == HARMLESS_FROM and not harmless.done():
                harmless.set_result(None)

        if self._pooled:
            request.extensions = {**request.extensions, "trace": trace}
        else:
            harmless.set_result(None)
        scope = anyio.CancelScope()
        sending = asyncio.create_task(self._send(request, stream, auth, scope))
        try:
            response = await asyncio.shield(sending)
        except asyncio.CancelledError:
            self._alone(_given_up(sending, harmless, scope))
            raise
        assert response is not None
        return response

    async def _send(
        self, request: httpx.Request, stream: bool, auth: httpx.Auth | None, scope: anyio.CancelScope
    ) -> httpx.Response | None:
        """None once the scope is cancelled."""
        with scope:
            return await self.http.send(request, stream=stream, auth=auth)
        return None

    async def let_go(self, response: httpx.Response) -> None:
        """Let the answer's connection go, to the end even where whoever waits for that is cancelled."""
        await asyncio.shield(self._alone(response.aclose()))

    async def close(self) -> None:
        """With the client, whose connections all go: what is being given up need not wait."""
        for task in self._ending:
            task.cancel()
        await asyncio.gather(*self._ending, return_exceptions=True)
        await self.http.aclose()

    def _alone(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return task


async def _given_up(
    sending: asyncio.Task[httpx.Response | None], harmless: asyncio.Future[None], scope: anyio.CancelScope
) -> None:
    either: list[asyncio.Future[Any]] = [sending, harmless]
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    finally:
        scope.cancel()
        (ended,) = await asyncio.gather(sending, return_exceptions=True)
    if isinstance(ended, httpx.Response):
        # It was answered just then.
        await ended.aclose()
