"""Reading ingestion jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from msgspec import convert
from msgspec.structs import asdict
from sqlalchemy import ColumnElement, String, cast, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.base import Page
from mltui.wire.ingestion import MAX_LINKED, JobDetail, JobRow, LinkedModel, ReadOptions, Runner
from mltui.wire.models import ModelStage, VersionStatus
from mltui.wire.states import Status
from mltui_server.ingestion.models import IngestionJob
from mltui_server.ingestion.pace import pace_of
from mltui_server.lib.durations import seconds_between
from mltui_server.lib.pagination import Window, fetch_page, order_of
from mltui_server.registry.models import ModelVersion, ModelVersionJob, RegisteredModel

SORTABLE: Mapping[str, ColumnElement[Any]] = {
    name: getattr(IngestionJob, name).expression
    for name in ("name", "uri", "status", "runner", "attempt_number", "bytes", "bytes_total", "rows", "rows_set_aside",
                 "created_by", "created_at", "updated_at", "started_at", "completed_at")
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class JobFilter:
    """Which jobs. Several statuses or ids are alternatives; everything else must hold together."""

    status: Sequence[Status] = ()
    runner: Runner | None = None
    run: UUID | None = None
    dataset: UUID | None = None
    text: str | None = None
    """Part of the id, the name, the address or the error, in any case."""
    ids: Sequence[UUID] = ()

    def clauses(self) -> list[ColumnElement[bool]]:
        exact = {IngestionJob.run_id: self.run, IngestionJob.dataset_id: self.dataset, IngestionJob.runner: self.runner}
        found: list[ColumnElement[bool]] = [IngestionJob.deleted_at.is_(None)]
        found += [column == value for column, value in exact.items() if value is not None]
        if self.status:
            found.append(IngestionJob.status.in_([status.value for status in self.status]))
        if self.ids:
            found.append(IngestionJob.id.in_(self.ids))
        if self.text:
            searched = (cast(IngestionJob.id, String), IngestionJob.name, IngestionJob.uri, IngestionJob.error_message)
            found.append(or_(*(column.icontains(self.text, autoescape=True) for column in searched)))
        return found


async def list_jobs(session: AsyncSession, window: Window, sort: str, chosen: JobFilter) -> Page[JobRow]:
    order = order_of(sort, SORTABLE, IngestionJob.id.expression)
    statement = select(*IngestionJob.__table__.columns).where(*chosen.clauses())
    rows, following, total = await fetch_page(session, statement, order, window)
    return Page(items=[_row(row, row.error) for row in rows], next=following, total=total)


async def job_detail(session: AsyncSession, job: IngestionJob) -> JobDetail:
    return JobDetail(**asdict(job_row(job)), models=await _linked_models(session, job))


async def _linked_models(session: AsyncSession, job: IngestionJob) -> list[LinkedModel]:
    linked = select(ModelVersionJob.version_id).where(ModelVersionJob.job_id == job.id)
    trained = select(ModelVersion.id).where(
        ModelVersion.training_dataset_id == job.dataset_id, ModelVersion.training_dataset_id.is_not(None)
    )
    statement = (
        select(ModelVersion.id, RegisteredModel.name, ModelVersion.version, ModelVersion.status, ModelVersion.stage)
        .join(RegisteredModel, RegisteredModel.id == ModelVersion.model_id)
        .where(ModelVersion.id.in_(union(linked, trained)), ModelVersion.deleted_at.is_(None))
        .order_by(ModelVersion.id.desc())
        .limit(MAX_LINKED)
    )
    return [
        LinkedModel(
            id=str(row.id), model=row.name, version=row.version, status=VersionStatus(row.status),
            stage=ModelStage(row.stage),
        )
        for row in await session.execute(statement)
    ]  # fmt: skip


def job_row(job: IngestionJob) -> JobRow:
    return _row(job, job.error_message)


def _row(row: Any, error: str | None) -> JobRow:
    pace = pace_of(row)
    return JobRow(
        id=str(row.id),
        name=row.name,
        uri=row.uri,
        status=Status(row.status),
        runner=Runner(row.runner),
        options=convert(row.options, ReadOptions),
        attempt_number=row.attempt_number,
        run_id=str(row.run_id) if row.run_id else None,
        dataset_id=str(row.dataset_id) if row.dataset_id else None,
        progress=_progress(row),
        bytes=row.bytes,
        bytes_total=row.bytes_total,
        rows=row.rows,
        rows_set_aside=row.rows_set_aside,
        bytes_per_second=pace.bytes_per_second,
        rows_per_second=pace.rows_per_second,
        seconds_left=pace.seconds_left,
        error=error,
        created_by=row.created_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
        started_at=row.started_at,
        completed_at=row.completed_at,
        execution_time=seconds_between(row.started_at, row.completed_at),
    )


def _progress(row: Any) -> float | None:
    if row.status == Status.COMPLETED.value:
        return 1.0
    if row.bytes is None or not row.bytes_total:
        return None
    return min(1.0, float(row.bytes / row.bytes_total))
