"""What is asked of Postgres about a run's series."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.base import to_number
from mltui.wire.samples import SeriesSummary
from mltui_server.lib.errors import NotFound
from mltui_server.runs.models import Run
from mltui_server.samples.models import RunSeries

SUMMARY = (
    RunSeries.key,
    RunSeries.count.label("samples"),
    RunSeries.nonfinite,
    RunSeries.min,
    RunSeries.max,
    RunSeries.last,
    RunSeries.last_step,
    RunSeries.first_time,
    RunSeries.last_time,
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class RunClock:
    """`version` grows with each flush. `origin`, ns: where relative time begins."""

    run: UUID
    version: int
    origin: int


async def run_clock(session: AsyncSession, run: UUID) -> RunClock:
    """Raises NotFound. The origin is the run's start, or its first sample, or 0 if there is neither."""
    first = select(func.min(RunSeries.first_time)).where(RunSeries.run_id == run).scalar_subquery()
    found = (
        await session.execute(select(Run.sample_version, Run.started_at, first).where(Run.id == run))
    ).one_or_none()
    if found is None:
        raise NotFound("run", str(run))
    version, started_at, first_time = found
    origin = (first_time or 0) if started_at is None else nanoseconds(started_at)
    return RunClock(run, version, origin)


def nanoseconds(moment: datetime) -> int:
    """Since 1970; exact, unlike a float of seconds."""
    since = moment - EPOCH
    return ((since.days * 86_400 + since.seconds) * 10**6 + since.microseconds) * 1000


async def matching_keys(session: AsyncSession, run: UUID, patterns: Sequence[str]) -> list[str]:
    """Keys that the run has, sorted. A pattern is a key, or its beginning and `*`; no pattern means every key."""
    statement = select(RunSeries.key).where(RunSeries.run_id == run).order_by(RunSeries.key)
    if patterns:
        statement = statement.where(
            or_(
                RunSeries.key.in_([pattern for pattern in patterns if not pattern.endswith("*")]),
                *(RunSeries.key.startswith(p[:-1], autoescape=True) for p in patterns if p.endswith("*")),
            )
        )
    return list(await session.scalars(statement))


async def summaries(session: AsyncSession, run: UUID) -> list[SeriesSummary]:
    """Every series of the run, by key."""
    return await summaries_where(session, run)


async def summaries_where(session: AsyncSession, run: UUID, *conditions: ColumnElement[bool]) -> list[SeriesSummary]:
    """Those series of the run that meet the conditions, by key."""
    rows = await session.execute(select(*SUMMARY).where(RunSeries.run_id == run, *conditions).order_by(RunSeries.key))
    return [
        SeriesSummary(
            key=row.key,
            count=row.samples,
            nonfinite=row.nonfinite,
            min=row.min,
            max=row.max,
            last=to_number(row.last),
            last_step=row.last_step,
            first_time=row.first_time,
            last_time=row.last_time,
        )
        for row in rows
    ]
