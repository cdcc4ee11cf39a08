"""Texts of other programs: every metric of one is known, or made, and all of its points are taken in, or none."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence

from mltui.wire.metrics import AcceptedPoints, CreateMetric
from mltui_server.db.database import Database
from mltui_server.lib.errors import Conflict, Fault, NotFound
from mltui_server.lib.ids import new_id
from mltui_server.lib.principal import Principal
from mltui_server.metrics.checks import MAX_FAULTS, Checker, refuse
from mltui_server.metrics.inbox import Incoming, PointInbox
from mltui_server.metrics.known import KnownMetric
from mltui_server.metrics.planned import lacking, make, planned
from mltui_server.metrics.texts import TextMetric, text_of

LARGE_BYTES = 256 * 1024
"""Of a text that takes so long that others wait for their turn."""
TRIES = 20
"""Each fails because another request got further, so that a try for each of those that come together will do."""


class TextDoor:
    """Where they come in: one for all requests."""

    def __init__(self, database: Database, inbox: PointInbox) -> None:
        self._database, self._inbox = database, inbox
        self._turn = asyncio.Lock()

    async def accept(
        self, body: bytes, parse: Callable[[str], list[TextMetric]], principal: Principal | None
    ) -> AcceptedPoints:
        """`principal`: who makes metrics and label keys that are missing; None: they are an error.

        Raises TooLarge, Invalid with the lines that are wrong, Unavailable while the inbox is full.
        """
        # Several large ones at once would be done no sooner, and leave no time to anybody else.
        async with self._turn if len(body) > LARGE_BYTES else contextlib.nullcontext():
            metrics = await asyncio.to_thread(lambda: parse(text_of(body)))
            for left in reversed(range(TRIES)):
                try:
                    await self._take(metrics, principal)
                    break
                except (NotFound, Conflict):
                    # Another request has made, changed or deleted a metric meanwhile.
                    if not left:
                        raise
        return AcceptedPoints(points=sum(len(metric.points) for metric in metrics))

    async def _take(self, metrics: Sequence[TextMetric], principal: Principal | None) -> None:
        known = await self._inbox.known.look_up(metric.name for metric in metrics)
        if principal is None:
            refuse(lacking(metrics, known)[:MAX_FAULTS])
        elif plans := planned(metrics, known):
            # All points are checked before anything is made for them.
            to_be = {name: _as_planned(plan, known.get(name)) for name, plan in plans.items()}
            for one in await asyncio.to_thread(_checked, metrics, known | to_be):
                self._inbox.known.check_room(one.metric, one.metric.unknown(one.labels))
            async with self._database.session() as session:
                await make(session, principal, plans, known)
            made = await self._inbox.known.look_up(plans)
            if gone := plans.keys() - made.keys():
                raise NotFound("metric", " or ".join(gone))
            known |= made
        points = await asyncio.to_thread(_checked, metrics, known)
        if points:
            await self._inbox.put(points)


def _as_planned(plan: CreateMetric, there: KnownMetric | None) -> KnownMetric:
    """With the label sets that are there, in which a label that is new is empty."""
    new = ("",) * (len(plan.label_keys) - len(there.keys)) if there else ()
    sets = {(*values, *new): id_ for values, id_ in there.sets.items()} if there else {}
    return KnownMetric(new_id(), plan.name, plan.type, tuple(plan.label_keys), sets)


def _checked(metrics: Sequence[TextMetric], known: Mapping[str, KnownMetric]) -> list[Incoming]:
    """Raises Invalid with a fault for each point that is wrong, up to MAX_FAULTS."""
    now, faults, checked = time.time_ns(), list[Fault](), []
    for metric in metrics:
        checker = Checker(known[metric.name], now, faults, absent_labels=True)
        for line, point in metric.points:
            checker.add(point, f"line {line}: ")
            if len(faults) == MAX_FAULTS:
                refuse(faults)
        checked.append(checker)
    refuse(faults)
    return [checker.points() for checker in checked]
