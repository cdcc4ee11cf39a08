"""Reading datasets, and what runs read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from msgspec import convert
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.base import Page
from mltui.wire.datasets import DatasetDetail, DatasetRow, Profile, RunInputRow, Schema
from mltui_server.artifacts.models import Artifact
from mltui_server.datasets.models import Dataset, RunInput
from mltui_server.ingestion.models import IngestionJob
from mltui_server.lib.pagination import Window, fetch_page, order_of
from mltui_server.runs.models import Run, StageRun

SORTABLE: Mapping[str, ColumnElement[Any]] = {
    **{
        name: getattr(Dataset, name).expression
        for name in ("name", "format", "row_count", "column_count", "source_uri", "created_by", "created_at",
                     "updated_at")
    },
    "file_size": Artifact.file_size.expression,
}  # fmt: skip
_job = (
    select(IngestionJob.id)
    .where(IngestionJob.dataset_id == Dataset.id)
    .order_by(IngestionJob.id)
    .limit(1)
    .scalar_subquery()
    .label("job_id")
)
_light = [column for column in Dataset.__table__.columns if column.name not in ("schema", "profile")]


def is_there() -> ColumnElement[bool]:
    """Of a dataset with its artifact. What belongs to a deleted run comes back with it."""
    of_a_run = or_(Artifact.run_id.is_(None), Artifact.run_id.in_(select(Run.id)))
    return and_(Artifact.is_active.is_(True), of_a_run)


_rows = select(*_light, Artifact.file_size, Artifact.run_id, is_there().label("is_active"), _job).join(
    Artifact, Artifact.id == Dataset.artifact_id
)


@dataclass(frozen=True, kw_only=True)
class DatasetFilter:
    run: UUID | None = None
    """The run that made it."""
    name: str | None = None
    text: str | None = None
    """Part of the name or the source's address, in any case."""

    def clauses(self) -> list[ColumnElement[bool]]:
        found = [is_there()]
        if self.run:
            found.append(Artifact.run_id == self.run)
        if self.name:
            found.append(Dataset.name == self.name)
        if self.text:
            searched = (Dataset.name, Dataset.source_uri)
            found.append(or_(*(column.icontains(self.text, autoescape=True) for column in searched)))
        return found


async def list_datasets(session: AsyncSession, window: Window, sort: str, chosen: DatasetFilter) -> Page[DatasetRow]:
    order = order_of(sort, SORTABLE, Dataset.id.expression)
    rows, following, total = await fetch_page(session, _rows.where(*chosen.clauses()), order, window)
    return Page(items=[DatasetRow(**_values(row)) for row in rows], next=following, total=total)


async def dataset_detail(session: AsyncSession, id_: UUID) -> DatasetDetail:
    """It must exist."""
    row = (await session.execute(_rows.add_columns(Dataset.schema, Dataset.profile).where(Dataset.id == id_))).one()
    return DatasetDetail(**_values(row), schema=convert(row.schema, Schema), profile=convert(row.profile, Profile))


async def inputs_of(session: AsyncSession, run: UUID) -> list[RunInputRow]:
    """What a run read, by name."""
    statement = (
        _rows.add_columns(StageRun.name.label("stage"))
        .join(RunInput, RunInput.dataset_id == Dataset.id)
        .outerjoin(StageRun, StageRun.id == RunInput.stage_run_id)
        .where(RunInput.run_id == run)
        .order_by(Dataset.name, Dataset.id)
    )
    return [
        RunInputRow(dataset=DatasetRow(**_values(row)), stage=row.stage) for row in await session.execute(statement)
    ]


def _values(row: Any) -> dict[str, Any]:
    ids = ("id", "artifact_id", "run_id", "job_id")
    names = ("name", "format", "row_count", "column_count", "file_size", "source_uri", "is_active", "created_by",
             "created_at", "updated_at")  # fmt: skip
    texts = {name: None if (id_ := getattr(row, name)) is None else str(id_) for name in ids}
    return texts | {name: getattr(row, name) for name in names}
