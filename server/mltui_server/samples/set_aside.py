"""What was refused for good, for a person to look at: tried again when its cause is gone, or forgotten."""

from collections.abc import Sequence
from itertools import groupby

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.samples import RefusedBatch, RefusedTotal
from mltui_server.db.base import DELETED_TOO
from mltui_server.events.service import record
from mltui_server.lib.errors import Invalid
from mltui_server.lib.principal import Principal
from mltui_server.metrics import packed
from mltui_server.metrics.models import Metric, PointInbox, PointRefused
from mltui_server.samples.batch import PackedSeries, decode
from mltui_server.samples.models import SampleInbox, SampleRefused

MAX_LISTED = 1_000
KEYS_SHOWN = 10


async def newest(session: AsyncSession, limit: int) -> list[RefusedBatch]:
    """Of runs and of metrics. Raises Invalid."""
    if not 1 <= limit <= MAX_LISTED:
        raise Invalid(f"limit={limit}; it must be between 1 and {MAX_LISTED}")
    samples = await session.scalars(select(SampleRefused).order_by(SampleRefused.refused_at.desc()).limit(limit))
    points = await session.execute(
        select(PointRefused, Metric.name).join(Metric).order_by(PointRefused.refused_at.desc()).limit(limit),
        execution_options={DELETED_TOO: True},
    )
    shown = [*(_samples_shown(one) for one in samples), *(_points_shown(one, name) for one, name in points)]
    return sorted(shown, key=lambda one: one.refused_at, reverse=True)[:limit]


def _points_shown(refused: PointRefused, metric: str) -> RefusedBatch:
    return RefusedBatch(
        run_id="",
        samples=points_in(refused.body),
        keys=[metric],
        reason=refused.reason,
        refused_at=refused.refused_at,
    )


def _samples_shown(refused: SampleRefused) -> RefusedBatch:
    series = _series(refused.body)
    return RefusedBatch(
        run_id=str(refused.run_id),
        samples=_samples(series),
        keys=sorted({one.key for one in series})[:KEYS_SHOWN],
        reason=refused.reason,
        refused_at=refused.refused_at,
    )


async def retry(session: AsyncSession, principal: Principal) -> RefusedTotal:
    """All of it goes back into the inbox, the oldest first."""
    samples, points = await _take(session, principal, "samples.retry")
    if samples:
        rows = [{"run_id": one.run_id, "samples": samples_in(one.body), "body": one.body} for one in samples]
        await session.execute(insert(SampleInbox), rows)
    if points:
        rows = [{"metric_id": one.metric_id, "samples": one.samples, "body": one.body} for one in points]
        await session.execute(insert(PointInbox), rows)
    return _total(samples, points)


async def forget(session: AsyncSession, principal: Principal) -> RefusedTotal:
    """All of it is gone for good."""
    return _total(*await _take(session, principal, "samples.forget"))


async def _take(
    session: AsyncSession, principal: Principal, action: str
) -> tuple[Sequence[SampleRefused], Sequence[PointRefused]]:
    """All that is set aside, of runs and of metrics; an event for each of them."""
    samples = sorted(await session.scalars(delete(SampleRefused).returning(SampleRefused)), key=lambda one: one.id)
    points = sorted(await session.scalars(delete(PointRefused).returning(PointRefused)), key=lambda one: one.id)
    for run, found in groupby(sorted(samples, key=lambda one: one.run_id), lambda one: one.run_id):
        total = _total(list(found), [])
        await record(session, principal, action, run, run_id=run, message=f"refused: {total.words}")
    for metric, mine in groupby(sorted(points, key=lambda one: one.metric_id), lambda one: one.metric_id):
        total = _total([], list(mine))
        await record(session, principal, action, metric, message=f"refused: {total.words}")
    return samples, points


def _total(samples: Sequence[SampleRefused], points: Sequence[PointRefused]) -> RefusedTotal:
    return RefusedTotal(
        samples=sum(samples_in(one.body) for one in samples),
        points=sum(points_in(one.body) for one in points),
        batches=len(samples) + len(points),
    )


def samples_in(body: bytes) -> int:
    """Of a batch of a run; 0 where it cannot be read."""
    return _samples(_series(body))


def points_in(body: bytes) -> int:
    """Of a batch of a metric."""
    return len(packed.decode(body).times)


def _series(body: bytes) -> list[PackedSeries]:
    try:
        return decode(body)
    except ValueError:
        return []


def _samples(series: Sequence[PackedSeries]) -> int:
    return sum(len(one.times) // 8 for one in series)
