"""Figures over all runs: each function asks Postgres once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, DateTime, Select, func, lateral, literal, null, select, true, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.dashboard import SlowStage
from mltui.wire.models import VersionStatus
from mltui.wire.states import Status
from mltui_server.executions.models import Execution
from mltui_server.ingestion.models import IngestionJob
from mltui_server.pipelines.models import Pipeline, Stage
from mltui_server.registry.models import ModelVersion, RegisteredModel
from mltui_server.runs.models import Run, StageRun
from mltui_server.runs.transitions import LIVE_VALUES

SLOWEST = 10

# The state of a pipeline is that of its latest run, found by the index on (pipeline_id, created_at).
_latest = lateral(
    select(Run.status).where(Run.pipeline_id == Pipeline.id).order_by(Run.created_at.desc()).limit(1)
).alias("latest")
STATES: dict[str, Select[Any]] = {
    "pipelines": select(func.coalesce(_latest.c.status, Status.PENDING.value).label("status"))
    .select_from(Pipeline)
    .outerjoin(_latest, true())
    .where(Pipeline.deleted_at.is_(None)),
    "runs": select(Run.status),
    "ingestion_jobs": select(IngestionJob.status),
    # Of ended ones there is no index, as each further one would cost every heartbeat.
    "executions": select(Execution.status).where(Execution.status.in_(LIVE_VALUES)),
}
"""What is counted: the states of all there are, by the name they are counted under."""


class Ended(NamedTuple):
    """Runs that ended in some time. The median is in seconds, of those that completed."""

    completed: int
    failed: int
    cancelled: int
    median_duration: float | None


def _how_many(status: Status) -> Any:
    return func.count().filter(Run.status == status.value)


_completed, _failed, _cancelled = map(_how_many, (Status.COMPLETED, Status.FAILED, Status.CANCELLED))
_median = func.percentile_cont(0.5).within_group(Run.execution_time).filter(Run.status == Status.COMPLETED.value)


async def counts_by_state(session: AsyncSession) -> dict[str, dict[Status, int]]:
    """By each name of STATES, how many are in which state."""
    parts = [
        select(literal(name).label("name"), states.c.status, func.count().label("number")).group_by(states.c.status)
        for name, states in ((name, chosen.subquery()) for name, chosen in STATES.items())
    ]
    counts: dict[str, dict[Status, int]] = {name: {} for name in STATES}
    for name, status, number in await session.execute(union_all(*parts)):
        counts[name][Status(status)] = number
    return counts


async def counts_of_models(session: AsyncSession) -> tuple[int, dict[VersionStatus, int]]:
    """How many models are registered, and how many versions are in which status."""
    registered = select(null().label("status"), func.count()).where(RegisteredModel.deleted_at.is_(None))
    versions = select(ModelVersion.status, func.count()).where(ModelVersion.deleted_at.is_(None))
    rows: Sequence[Any] = (await session.execute(union_all(registered, versions.group_by(ModelVersion.status)))).all()
    counts = {row[0]: row[1] for row in rows}
    return counts.pop(None), {status: counts[status] for status in VersionStatus if status in counts}


async def outcomes(session: AsyncSession, since: datetime) -> tuple[int, int, float | None]:
    """How many runs completed and failed since then, and the median duration of the former in seconds."""
    row = (await session.execute(select(_completed, _failed, _median).where(Run.completed_at >= since))).one()
    return row[0], row[1], row[2]


async def ended_between(session: AsyncSession, borders: Sequence[datetime]) -> dict[int, Ended]:
    """Runs that ended between each two of `borders`, by the number of the first of the two; where there are any."""
    number = func.width_bucket(Run.completed_at, literal(list(borders), ARRAY(DateTime(timezone=True)))) - 1
    rows = await session.execute(
        select(number.label("number"), _completed, _failed, _cancelled, _median)
        .where(Run.completed_at >= borders[0], Run.completed_at < borders[-1])
        .group_by("number")
    )
    return {row[0]: Ended(*row[1:]) for row in rows}


async def slowest_stages(session: AsyncSession, since: datetime) -> list[SlowStage]:
    """By the median of what completed since then, of stages that their pipelines still have.

    What a retry took over counts once, where it ran.
    """
    median = func.percentile_cont(0.5).within_group(StageRun.execution_time)
    rows = await session.execute(
        select(Pipeline.id, Pipeline.name, Stage.name, median, func.count())
        .select_from(StageRun)
        .join(Stage, Stage.id == StageRun.stage_id)
        .join(Pipeline, Pipeline.id == Stage.pipeline_id)
        .where(
            StageRun.completed_at >= since,
            StageRun.status == Status.COMPLETED.value,
            StageRun.execution_time.is_not(None),
            StageRun.reused_from.is_(None),
            Pipeline.deleted_at.is_(None),
        )
        .group_by(Pipeline.id, Stage.id)
        .order_by(median.desc(), Pipeline.name, Stage.name)
        .limit(SLOWEST)
    )
    return [
        SlowStage(pipeline_id=str(row[0]), pipeline=row[1], stage=row[2], median_duration=row[3], count=row[4])
        for row in rows
    ]
