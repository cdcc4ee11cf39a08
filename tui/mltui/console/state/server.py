"""What the console knows of the server as a whole: how many runs are under way, and how requests are spaced."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mltui.wire.states import Status

if TYPE_CHECKING:
    from mltui.client import Client
    from mltui.wire.runs import RunRow
    from mltui.wire.samples import InboxState

FAILED_WITHIN = timedelta(days=1)
NAMESAKES = 50
"""Runs that are looked through for what was typed."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many runs are running, waiting, and failed within a day."""

    running: int
    queued: int
    failed: int


async def count_runs(client: "Client", now: datetime) -> Counts:
    running, queued, failed = await asyncio.gather(
        client.runs(status=[Status.RUNNING, Status.CANCELLING], limit=1),
        client.runs(status=[Status.PENDING, Status.QUEUED], limit=1),
        client.runs(status=[Status.FAILED], since=now - FAILED_WITHIN, limit=1),
    )
    return Counts(running.total or 0, queued.total or 0, failed.total or 0)


async def inbox_of(client: "Client") -> "InboxState | None":
    """None: the server cannot say. That it cannot be reached is said elsewhere."""
    from mltui.client import ProblemError, Unreachable

    try:
        return await client.inbox()
    except (ProblemError, Unreachable):
        return None


async def runs_called(client: "Client", word: str) -> "list[RunRow]":
    """The runs named `word`, newest first; else the one with that id, or the newest with it in its name or id."""
    if named := (await client.runs(name=word, limit=NAMESAKES)).items:
        return named
    found = (await client.runs(text=word, limit=NAMESAKES)).items
    # The search looks into more than that, as into what runs failed with.
    called = [run for run in found if word in run.name or word in run.id]
    return called[:1]


class Coalesced:
    """Calls `do` at once, and then at most every `every_s` seconds, however often it is asked to.

    One call is under way at a time. What was asked for meanwhile is one call afterwards, so the last change is seen.
    """

    def __init__(self, do: Callable[[], Awaitable[None]], every_s: float) -> None:
        self._do, self._every_s = do, every_s
        self._wanted = False
        self._task: asyncio.Task[None] | None = None

    def ask(self) -> None:
        self._wanted = True
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="coalesced")

    def close(self) -> None:
        self._wanted = False
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        while self._wanted:
            self._wanted = False
            await self._do()
            await asyncio.sleep(self._every_s)
