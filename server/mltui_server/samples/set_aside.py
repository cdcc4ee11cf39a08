"""What was refused for good, for a person to look at: tried again when its cause is gone, or forgotten."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.health import Component
from mltui.wire.samples import RefusedBatch
from mltui_server.db.base import DELETED_TOO
from mltui_server.db.database import Database
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
        samples=len(packed.decode(refused.body).times),
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


async def retry(session: AsyncSession, principal: Principal) -> int:
    """All of it goes back into the inbox, the oldest first. How many batches."""
    samples, points = await _take(session, principal, "samples.retry")
    if samples:
        rows = [{"run_id": one.run_id, "samples": _samples(_series(one.body)), "body": one.body} for one in samples]
        await session.execute(insert(SampleInbox), rows)
    if points:
        rows = [{"metric_id": one.metric_id, "samples": one.samples, "body": one.body} for one in points]
        await session.execute(insert(PointInbox), rows)
    return len(samples) + len(points)


async def forget(session: AsyncSession, principal: Principal) -> int:
    """How many batches are gone for good."""
    samples, points = await _take(session, principal, "samples.forget")
    return len(samples) + len(points)


async def _take(
    session: AsyncSession, principal: Principal, action: str
) -> tuple[Sequence[SampleRefused], Sequence[PointRefused]]:
    """All that is set aside, of runs and of metrics; an event for each of them."""
    samples = sorted(await session.scalars(delete(SampleRefused).returning(SampleRefused)), key=lambda one: one.id)
    points = sorted(await session.scalars(delete(PointRefused).returning(PointRefused)), key=lambda one: one.id)
    for run, batches in Counter(one.run_id for one in samples).items():
        await record(session, principal, action, run, run_id=run, message=f"refused batches: {batches}")
    for metric, batches in Counter(one.metric_id for one in points).items():
        await record(session, principal, action, metric, message=f"refused batches: {batches}")
    return samples, points


async def check_refused(database: Database) -> Component:
    """Degraded for as long as anything is set aside."""
    async with database.session() as session:
        batches = [await session.scalar(select(func.count()).select_from(one)) for one in (SampleRefused, PointRefused)]
        last = await newest(session, 1)
    if not last:
        return Component(name="refused", status="ok", detail="nothing is set aside")
    detail = f"refused and set aside: {sum(filter(None, batches))}; the last: {last[0].reason}; see `mltui samples ls`"
    return Component(name="refused", status="degraded", detail=detail)


def _series(body: bytes) -> list[PackedSeries]:
    try:
        return decode(body)
    except ValueError:
        return []


def _samples(series: Sequence[PackedSeries]) -> int:
    return sum(len(one.times) // 8 for one in series)
