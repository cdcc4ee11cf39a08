"""What Postgres knows of a run that failed, and of the last good one before it: one statement a question."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.samples import RESOURCE_PREFIX, SeriesSummary
from mltui.wire.states import Status
from mltui_server.artifacts.models import Artifact
from mltui_server.datasets.models import Dataset, RunInput
from mltui_server.db.base import DELETED_TOO
from mltui_server.executions.models import Execution
from mltui_server.lib.errors import NotFound
from mltui_server.lib.ids import parse_id
from mltui_server.pipelines.models import Pipeline
from mltui_server.runs.models import Run, RunParameter, StageRun
from mltui_server.samples.models import RunSeries
from mltui_server.samples.queries import summaries_where


async def run_and_pipeline(session: AsyncSession, key: str) -> tuple[Run, str]:
    """The run, and its pipeline's name. Raises NotFound."""
    rows = await session.execute(
        select(Run, Pipeline.name).join(Pipeline, Pipeline.id == Run.pipeline_id).where(Run.id == parse_id("run", key))
    )
    found = rows.one_or_none()
    if found is None:
        raise NotFound("run", key)
    return found[0], found[1]


async def stages_of(session: AsyncSession, run: UUID) -> Sequence[StageRun]:
    return (await session.scalars(select(StageRun).where(StageRun.run_id == run).order_by(StageRun.order))).all()


async def latest_attempts(session: AsyncSession, run: UUID) -> Sequence[Execution]:
    """Of each scope the last."""
    statement = (
        select(Execution)
        .where(Execution.run_id == run)
        .distinct(Execution.scope)
        .order_by(Execution.scope, Execution.id.desc())
    )
    return (await session.scalars(statement)).all()


async def last_good(session: AsyncSession, run: Run, *, deleted_too: bool = False) -> Run | None:
    """The newest run of its pipeline before it that completed."""
    good: Run | None = await session.scalar(
        select(Run)
        .where(
            Run.pipeline_id == run.pipeline_id,
            Run.created_at < run.created_at,
            Run.status == Status.COMPLETED.value,
        )
        .order_by(Run.created_at.desc())
        .limit(1)
        .execution_options(**{DELETED_TOO: deleted_too})
    )
    return good


async def parameters_of(session: AsyncSession, runs: Sequence[UUID]) -> Mapping[UUID, dict[str, str]]:
    rows = await session.execute(
        select(RunParameter.run_id, RunParameter.key, RunParameter.value)
        .where(RunParameter.run_id.in_(runs))
        .order_by(RunParameter.key)
    )
    return _by_run(rows.tuples())


async def inputs_of(session: AsyncSession, runs: Sequence[UUID]) -> Mapping[UUID, dict[str, str]]:
    """What is in the datasets that runs read, by name: rows, where they are counted, and the content's digest."""
    content = func.concat_ws(" rows, ", Dataset.row_count, func.left(Artifact.sha256, 12))
    rows = await session.execute(
        select(RunInput.run_id, Dataset.name, content)
        .join(Dataset, Dataset.id == RunInput.dataset_id)
        .join(Artifact, Artifact.id == Dataset.artifact_id)
        .where(RunInput.run_id.in_(runs))
        .order_by(Dataset.name, Dataset.id)
    )
    return _by_run(rows.tuples())


async def telling_series(session: AsyncSession, run: UUID, scope: str) -> list[SeriesSummary]:
    """The resources of one scope, and what the program logged that became NaN or infinite."""
    own = ~RunSeries.key.startswith(RESOURCE_PREFIX)
    resources = RunSeries.key.startswith(f"{RESOURCE_PREFIX}{scope}/", autoescape=True)
    return await summaries_where(session, run, or_(resources, and_(own, RunSeries.nonfinite > 0)))


def _by_run(rows: Any) -> dict[UUID, dict[str, str]]:
    found: dict[UUID, dict[str, str]] = {}
    for run, name, value in rows:
        found.setdefault(run, {})[name] = value
    return found
