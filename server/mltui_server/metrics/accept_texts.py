"""Texts of other programs: every metric of one is known, or made, and all of its points are taken in, or none."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import msgspec

from mltui.wire.base import in_words
from mltui.wire.metrics import AcceptedPoints, CreateMetric
from mltui_server.db.database import Database
from mltui_server.lib.errors import Conflict, Fault, Invalid, NotFound
from mltui_server.lib.ids import new_id
from mltui_server.lib.principal import Principal
from mltui_server.metrics.checks import MAX_FAULTS, Checker, refuse
from mltui_server.metrics.inbox import Incoming, PointInbox
from mltui_server.metrics.known import KnownMetric
from mltui_server.metrics.service import check_keys, create
from mltui_server.metrics.texts import TextMetric, wrong_line


class TextDoor:
    """`principal`: who makes metrics that are missing; None: they are an error."""

    def __init__(self, database: Database, inbox: PointInbox, principal: Principal | None) -> None:
        self._database, self._inbox, self._principal = database, inbox, principal

    async def accept(self, body: bytes, parse: Callable[[str], list[TextMetric]]) -> AcceptedPoints:
        """Raises UnicodeDecodeError, Invalid with the lines that are wrong, Unavailable while the inbox is full."""
        metrics = await asyncio.to_thread(lambda: parse(body.decode()))
        try:
            await self._take(metrics)
        except (NotFound, Conflict):
            # Another request has made, or deleted, a metric meanwhile.
            await self._take(metrics)
        return AcceptedPoints(points=sum(len(metric.points) for metric in metrics))

    async def _take(self, metrics: Sequence[TextMetric]) -> None:
        known: dict[str, KnownMetric] = {}
        for metric in metrics:
            try:
                known[metric.name] = await self._inbox.known.find(metric.name)
            except NotFound:
                continue
        new = self._planned([metric for metric in metrics if metric.name not in known])
        for name, plan in new.items():
            # Its points are checked before it is there.
            known[name] = KnownMetric(new_id(), name, plan.type, tuple(plan.label_keys))
        points = await asyncio.to_thread(_checked, metrics, known)
        if new and self._principal:
            async with self._database.session() as session:
                for plan in new.values():
                    await create(session, self._principal, plan)
            made = {name: await self._inbox.known.find(name) for name in new}
            points = [replace(one, metric=made.get(one.metric.name, one.metric)) for one in points]
        if points:
            await self._inbox.put(points)

    def _planned(self, missing: Sequence[TextMetric]) -> dict[str, CreateMetric]:
        if missing and self._principal is None:
            advice = "make it first, or have it made by create=true"
            faults = [Fault(f"line {metric.line}", f"no metric {metric.name!r}; {advice}") for metric in missing]
            refuse(faults[:MAX_FAULTS])
        return {metric.name: _definition(metric) for metric in missing}


def _definition(metric: TextMetric) -> CreateMetric:
    """Raises Invalid, with the first of its lines, for what cannot be a metric."""
    described = {
        "name": metric.name,
        "type": metric.type,
        "label_keys": metric.keys,
        "unit": metric.unit,
        "description": metric.description,
    }
    try:
        plan = msgspec.convert(described, CreateMetric)
        check_keys(plan.label_keys)
    except (msgspec.ValidationError, Invalid) as error:
        message = f"{metric.name!r} cannot be a metric: {in_words(str(error))}"
        raise wrong_line(metric.line, message) from None
    return plan


def _checked(metrics: Sequence[TextMetric], known: dict[str, KnownMetric]) -> list[Incoming]:
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
