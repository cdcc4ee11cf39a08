"""What a version is made of: the run, the artifact and the dataset it comes from, and what these know of it."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.base import Number, to_number
from mltui.wire.models import CreateVersion
from mltui.wire.samples import RESOURCE_PREFIX
from mltui_server.artifacts import service as artifacts
from mltui_server.artifacts.held import hold
from mltui_server.artifacts.models import Artifact
from mltui_server.datasets.models import Dataset, RunInput
from mltui_server.ingestion.models import IngestionJob
from mltui_server.lib.addresses import check_no_secret
from mltui_server.lib.errors import Conflict, Invalid
from mltui_server.runs import service as runs
from mltui_server.runs.models import Run, RunParameter
from mltui_server.samples.models import RunSeries


@dataclass
class Source:
    """Where a version comes from."""

    run: Run | None = None
    artifact: Artifact | None = None
    metrics: dict[str, Number] = field(default_factory=dict)
    """The run's last values."""
    parameters: dict[str, Any] = field(default_factory=dict)
    dataset: UUID | None = None
    """The one that the run read; None where it read none, or several."""


async def source_of(session: AsyncSession, request: CreateVersion) -> Source:
    """Raises NotFound, Invalid or Conflict for what cannot be the source of a version."""
    if not (request.run or request.artifact or request.uri):
        raise Invalid("a version comes from somewhere: give its run, its artifact or its uri")
    if request.artifact and request.uri:
        raise Invalid("$.uri: the artifact is where the model is; give one of the two")
    check_no_secret(request.uri, "$.uri")
    source = Source()
    if request.run:
        source.run = await runs.find(session, request.run)
    if request.artifact:
        source.artifact = await _artifact(session, request.artifact, source.run)
        if source.run is None and source.artifact.run_id is not None:
            source.run = await runs.find(session, str(source.artifact.run_id))
    if source.run is not None:
        await _add_what_it_knows(session, source, source.run.id)
    return source


async def _artifact(session: AsyncSession, key: str, run: Run | None) -> Artifact:
    """It has content, and keeps it until this transaction ends."""
    found = await _named(session, key, run) if run is not None else await artifacts.find(session, key)
    if run is not None and found.run_id != run.id:
        raise Invalid(f"$.artifact: {key!r} is no artifact of run {run.name!r}")
    await hold(session, artifacts.object_path(found.sha256))
    await session.refresh(found)
    if found.status != artifacts.READY:
        raise Conflict(f"artifact {found.name!r} is {found.status}; a version needs one with content")
    return found


async def _named(session: AsyncSession, key: str, run: Run) -> Artifact:
    named = await session.scalar(
        select(Artifact).where(
            Artifact.run_id == run.id, Artifact.name == key, Artifact.is_active, Artifact.status == artifacts.READY
        )
    )
    if named is not None:
        return named
    try:
        return await artifacts.find(session, str(UUID(key)))
    except ValueError:
        raise Invalid(f"$.artifact: run {run.name!r} has no artifact {key!r}") from None


async def _add_what_it_knows(session: AsyncSession, source: Source, run: UUID) -> None:
    series = await session.execute(select(RunSeries.key, RunSeries.last).where(RunSeries.run_id == run))
    source.metrics = {key: to_number(last) for key, last in series if not key.startswith(RESOURCE_PREFIX)}
    said = await session.execute(select(RunParameter.key, RunParameter.value).where(RunParameter.run_id == run))
    source.parameters = {key: value for key, value in said}
    read = (await session.scalars(select(RunInput.dataset_id).where(RunInput.run_id == run).limit(2))).all()
    source.dataset = read[0] if len(read) == 1 else None


async def dataset_id(session: AsyncSession, key: str | None) -> UUID | None:
    """Raises Invalid for one that there is not."""
    return None if key is None else await _existing(session, Dataset, key, "$.training_dataset: there is no dataset")


async def job_id(session: AsyncSession, key: str) -> UUID:
    """Raises Invalid for one that there is not."""
    return await _existing(session, IngestionJob, key, "$.ingestion_jobs: there is no ingestion job")


async def _existing(session: AsyncSession, table: type[Dataset | IngestionJob], key: str, fault: str) -> UUID:
    try:
        found = await session.scalar(select(table.id).where(table.id == UUID(key)))
    except ValueError:
        found = None
    if found is None:
        raise Invalid(f"{fault} {key!r}")
    return found
