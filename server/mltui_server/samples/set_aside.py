"""What was refused for good, for a person to look at: tried again when its cause is gone, or forgotten."""

from collections.abc import Sequence

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.health import Component
from mltui.wire.samples import RefusedBatch
from mltui_server.db.database import Database
from mltui_server.events.service import record
from mltui_server.lib.errors import Invalid
from mltui_server.lib.principal import Principal
from mltui_server.samples.batch import PackedSeries, decode
from mltui_server.samples.models import SampleInbox, SampleRefused

MAX_LISTED = 1_000
KEYS_SHOWN = 10


async def newest(session: AsyncSession, limit: int) -> list[RefusedBatch]:
    """Raises Invalid."""
    if not 1 <= limit <= MAX_LISTED:
        raise Invalid(f"limit={limit}; it must be between 1 and {MAX_LISTED}")
    refused = await session.scalars(select(SampleRefused).order_by(SampleRefused.id.desc()).limit(limit))
    return [_shown(one) for one in refused]


def _shown(refused: SampleRefused) -> RefusedBatch:
    series = _series(refused.body)
    return RefusedBatch(
        id=refused.id,
        run_id=str(refused.run_id),
        samples=_samples(series),
        keys=sorted({one.key for one in series})[:KEYS_SHOWN],
        reason=refused.reason,
        refused_at=refused.refused_at,
    )


async def retry(session: AsyncSession, principal: Principal) -> int:
    """Back into the inbox, the oldest first. How many batches."""
    taken = await _take(session, principal, "samples.retry")
    if taken:
        rows = [{"run_id": one.run_id, "samples": _samples(_series(one.body)), "body": one.body} for one in taken]
        await session.execute(insert(SampleInbox), rows)
    return len(taken)


async def forget(session: AsyncSession, principal: Principal) -> int:
    """How many batches are gone for good."""
    return len(await _take(session, principal, "samples.forget"))


async def _take(session: AsyncSession, principal: Principal, action: str) -> Sequence[SampleRefused]:
    statement = delete(SampleRefused).returning(SampleRefused)
    taken = sorted(await session.scalars(statement), key=lambda one: one.id)
    for run in sorted({one.run_id for one in taken}):
        batches = sum(one.run_id == run for one in taken)
        await record(session, principal, action, run, run_id=run, message=f"refused batches: {batches}")
    return taken


async def check_refused(database: Database) -> Component:
    """Degraded for as long as anything is set aside."""
    async with database.session() as session:
        batches = await session.scalar(select(func.count()).select_from(SampleRefused))
        reason = await session.scalar(select(SampleRefused.reason).order_by(SampleRefused.id.desc()).limit(1))
    if not batches:
        return Component(name="refused", status="ok", detail="nothing is set aside")
    detail = f"batches of samples refused and set aside: {batches}; the last one: {reason}; see `mltui samples ls`"
    return Component(name="refused", status="degraded", detail=detail)


def _series(body: bytes) -> list[PackedSeries]:
    try:
        return decode(body)
    except ValueError:
        return []


def _samples(series: Sequence[PackedSeries]) -> int:
    return sum(len(one.times) // 8 for one in series)
