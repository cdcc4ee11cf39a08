"""Following what the server does for as long as it takes, however often the server goes away meanwhile."""

import asyncio
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar
from uuid import uuid4

from mltui.client import ProblemError, Unreachable
from mltui.stream import Live
from mltui.wire.live import Notice

T = TypeVar("T")

FIRST_DELAY_S, LONGEST_DELAY_S = 0.2, 3.0
LOOK_EVERY_S = 10.0
"""Without a notice, look anyway: nobody's script hangs because one notice was lost."""
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
            print(f"mltui: {why}; waiting for it", file=sys.stderr, flush=True)
            told = True
        await asyncio.sleep(delay * random.uniform(0.5, 1.0))
        delay = min(delay * 2, LONGEST_DELAY_S)


class News:
    """Which topics have news. All of them have after a reconnect, and when nothing was heard for a while."""

    def __init__(self, live: Live, topics: set[str]) -> None:
        self._live, self._topics = live, set(topics)
        self._fresh: set[str] = set()
        self._heard = asyncio.Event()
        self.cursors: dict[str, str] = {}
        """The last one heard of each topic."""
        for topic in topics:
            live.subscribe(topic)

    def add(self, topic: str) -> None:
        if topic not in self._topics:
            self._topics.add(topic)
            self._live.subscribe(topic)

    def drop(self, topic: str) -> None:
        self._topics.discard(topic)
        self._live.unsubscribe(topic)

    async def next(self) -> set[str]:
        """Wait for news, and return the topics that have some."""
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                await self._heard.wait()
        except TimeoutError:
            return set(self._topics)
        self._heard.clear()
        fresh, self._fresh = self._fresh & self._topics, set()
        return fresh

    def hear(self, notice: Notice) -> None:
        self.cursors[notice.topic] = notice.cursor
        self._fresh.add(notice.topic)
        self._heard.set()

    def reconnected(self) -> None:
        self._fresh |= self._topics
        self._heard.set()


@asynccontextmanager
async def news_of(url: str, *topics: str) -> AsyncIterator[News]:
    """News of these topics while the block runs."""
    live = Live(url, f"cli-{uuid4()}")
    news = News(live, set(topics))

    async def listen() -> None:
        async for notice in live:
            news.hear(notice)

    def look_again(live: Live) -> None:
        if live.state == "live":
            news.reconnected()

    live.on_state = look_again
    async with live:
        listening = asyncio.create_task(listen())
        try:
            yield news
        finally:
            listening.cancel()
            await asyncio.wait([listening])
