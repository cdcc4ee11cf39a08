"""What one connection is still to be told: at most one notice a topic, however slowly it reads."""

import asyncio
import time

import msgspec

from mltui.wire.live import Notice

MAX_IDS = 200
"""A notice that would name more says "fetch all you show" instead."""
BETWEEN_S = 0.1
"""Least time between two notices of one topic: a person sees no more, and a client that fetches has its peace."""


class Mailbox:
    """The topics that one connection listens to, and what it has not been sent of them."""

    def __init__(self) -> None:
        self.topics: set[str] = set()
        self.asked: dict[str, str | None] = {}
        """Topics on their way to be among `topics`, with the cursor that the client knows."""
        self.closed = False
        self._waiting: dict[str, Notice] = {}
        self._told_at: dict[str, float] = {}
        self._something = asyncio.Event()

    def put(self, notice: Notice) -> None:
        """Say it when its time comes, together with what waits of the same topic."""
        waiting = self._waiting.get(notice.topic)
        if waiting is not None and notice.type == "notice":
            notice = _merged(waiting, notice)
        if len(notice.ids) > MAX_IDS:
            notice = msgspec.structs.replace(notice, ids=[])
        self._waiting[notice.topic] = notice
        self._something.set()

    def drop(self, topic: str) -> None:
        """No more of this topic, not even what waits."""
        self.topics.discard(topic)
        self.asked.pop(topic, None)
        self._waiting.pop(topic, None)
        self._told_at.pop(topic, None)

    def close(self) -> None:
        """No more of anything: `take` ends."""
        self.closed = True
        self._something.set()

    async def take(self) -> Notice | None:
        """The next notice that is due, waiting for it; None once closed. One at a time, by one caller."""
        while not self.closed:
            now = time.monotonic()
            due_at = {topic: self._told_at.get(topic, 0.0) + BETWEEN_S for topic in self._waiting}
            topic = min(due_at, key=due_at.__getitem__, default=None)
            if topic is not None and due_at[topic] <= now:
                self._told_at[topic] = now
                return self._waiting.pop(topic)
            self._something.clear()
            try:
                async with asyncio.timeout(None if topic is None else due_at[topic] - now):
                    await self._something.wait()
            except TimeoutError:
                continue
        return None


def _merged(older: Notice, newer: Notice) -> Notice:
    """One notice that says what both say. No ids means "everything", so it stays that way."""
    ids = list(dict.fromkeys(older.ids + newer.ids)) if older.ids and newer.ids else []
    return Notice(topic=newer.topic, cursor=newer.cursor, ids=ids)
