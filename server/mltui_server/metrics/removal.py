"""Deleting metrics: first so that they can be restored, then with their points, surely."""

import contextlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, UnaryExpression, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.metrics import MetricRow
from mltui.wire.runs import RESTORABLE_H
from mltui_server.db.base import DELETED_TOO
from mltui_server.events.service import record
from mltui_server.lib.errors import Conflict, NotFound
from mltui_server.lib.principal import SYSTEM, Principal
from mltui_server.metrics.models import Metric, MetricDeletion, MetricLabelSet
from mltui_server.metrics.queries import metric_row

PURGED_AT_ONCE = 100


async def remove(session: AsyncSession, principal: Principal, name: str, *, at_once: bool) -> None:
    """Nobody sees it any more, it takes no points, and its name is free; `at_once` it is gone for good, even if it was
    deleted before. Raises NotFound.
    """
    metric = await _find(session, name, Metric.deleted_at.desc().nulls_first())
    if metric.deleted_at is not None and not at_once:
        raise NotFound("metric", name)
    before = msgspec.to_builtins(await metric_row(session, metric.id))
    message = "for good" if at_once else f"it can be restored for {RESTORABLE_H} hours"
    await record(session, principal, "metric.delete", metric.id, before=before, message=message)
    if at_once:
        await _forget(session, metric)
    else:
        metric.deleted_at = func.clock_timestamp()


async def restore(session: AsyncSession, principal: Principal, key: str) -> MetricRow:
    """Bring a deleted metric back as it was, with its points; of several of that name the one deleted last.

    Raises NotFound when it is gone for good, Conflict when it is not deleted or another one has its name.
    """
    metric = await _find(session, key, Metric.deleted_at.desc().nulls_last())
    name = metric.name
    if metric.deleted_at is None:
        raise Conflict(f"metric {name!r} is not deleted")
    try:
        async with session.begin_nested():
            metric.deleted_at = None
    except IntegrityError:
        why = "another one of that name was made since; delete that first"
        raise Conflict(f"metric {name!r} cannot be restored: {why}") from None
    await record(session, principal, "metric.restore", metric.id, after={"name": name})
    return await metric_row(session, metric.id)


async def purge(session: AsyncSession, now: datetime) -> None:
    """Forget for good what was deleted long enough ago."""
    overdue = await session.scalars(
        select(Metric)
        .where(Metric.deleted_at < now - timedelta(hours=RESTORABLE_H))
        .order_by(Metric.deleted_at)
        .limit(PURGED_AT_ONCE)
        .with_for_update(skip_locked=True)
        .execution_options(**{DELETED_TOO: True})
    )
    for metric in overdue.all():
        await record(session, SYSTEM, "metric.purge", metric.id, before={"name": metric.name})
        await _forget(session, metric)


async def _forget(session: AsyncSession, metric: Metric) -> None:
    """The flusher deletes its points from the store, once this transaction has deleted the metric."""
    label_sets = await session.scalars(select(MetricLabelSet.id).where(MetricLabelSet.metric_id == metric.id))
    session.add(MetricDeletion(metric_id=metric.id, label_sets=list(label_sets)))
    await session.delete(metric)


async def _find(session: AsyncSession, key: str, first: UnaryExpression[Any]) -> Metric:
    """By its name or id, deleted or not; `first` says which of several. Raises NotFound."""
    named: ColumnElement[bool] = Metric.name == key
    with contextlib.suppress(ValueError):
        named = or_(named, Metric.id == UUID(key))
    statement = select(Metric).where(named).order_by(first).limit(1).with_for_update()
    metric = await session.scalar(statement.execution_options(**{DELETED_TOO: True}))
    if metric is None:
        raise NotFound("metric", key)
    return metric
