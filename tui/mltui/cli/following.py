"""Following what the server does for as long as it takes, however often the server goes away meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from mltui.stream import Live
from mltui.wire.live import Notice

LOOK_EVERY_S = 10.0
"""Without a notice, look anyway: nobody's script hangs because one notice was lost."""


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
