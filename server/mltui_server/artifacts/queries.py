"""Reading artifacts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.artifacts import (
    ArtifactFootprint,
    ArtifactRow,
    ArtifactStatus,
    ArtifactType,
    CitedArtifact,
    StorageType,
)
from mltui.wire.base import Page
from mltui_server.artifacts.models import Artifact
from mltui_server.artifacts.uploads import Uploads
from mltui_server.lib.errors import NotFound
from mltui_server.lib.pagination import Window, fetch_page, order_of
from mltui_server.registry.citations import citing_versions
from mltui_server.runs.models import Run, StageRun

SORTABLE: Mapping[str, ColumnElement[Any]] = {
    name: getattr(Artifact, name).expression
    for name in ("name", "artifact_type", "status", "file_size", "storage_type", "created_by", "created_at",
                 "updated_at")
}  # fmt: skip
_rows = select(*Artifact.__table__.columns, StageRun.name.label("stage")).outerjoin(
    StageRun, StageRun.id == Artifact.stage_run_id
)


@dataclass(frozen=True, kw_only=True)
class ArtifactFilter:
    run: UUID | None = None
    stage: str | None = None
    type: ArtifactType | None = None
    text: str | None = None
    """Part of the name or the description, in any case."""
    sha256: str | None = None
    name: str | None = None
    under: str | None = None
    """A folder, as names have them."""
    everything: bool = False
    """Also those that are deleted, replaced or on their way."""

    def clauses(self) -> list[ColumnElement[bool]]:
        # What belongs to a deleted run comes back with it.
        found: list[ColumnElement[bool]] = [or_(Artifact.run_id.is_(None), Artifact.run_id.in_(select(Run.id)))]
        if not self.everything:
            found += [Artifact.is_active.is_(True), Artifact.status == ArtifactStatus.READY.value]
        if self.run:
            found.append(Artifact.run_id == self.run)
        if self.stage:
            found.append(StageRun.name == self.stage)
        if self.type:
            found.append(Artifact.artifact_type == self.type.value)
        if self.sha256:
            found.append(Artifact.sha256 == self.sha256)
        if self.name:
            found.append(Artifact.name == self.name)
        if self.under:
            found.append(Artifact.name.startswith(f"{self.under.strip('/')}/", autoescape=True))
        if self.text:
            searched = (Artifact.name, Artifact.description)
            found.append(or_(*(column.icontains(self.text, autoescape=True) for column in searched)))
        return found


async def list_artifacts(
    session: AsyncSession, uploads: Uploads, window: Window, sort: str, chosen: ArtifactFilter
) -> Page[ArtifactRow]:
    order = order_of(sort, SORTABLE, Artifact.id.expression)
    rows, following, total = await fetch_page(session, _rows.where(*chosen.clauses()), order, window)
    return Page(items=[_row(row, uploads) for row in rows], next=following, total=total)


async def artifact_row(session: AsyncSession, uploads: Uploads, id_: UUID) -> ArtifactRow:
    """It must exist."""
    return _row((await session.execute(_rows.where(Artifact.id == id_))).one(), uploads)


async def artifact_rows(session: AsyncSession, uploads: Uploads, ids: Sequence[UUID]) -> list[ArtifactRow]:
    """In this order. They must exist."""
    found = {row.id: _row(row, uploads) for row in await session.execute(_rows.where(Artifact.id.in_(ids)))}
    return [found[id_] for id_ in ids]


def _row(row: Any, uploads: Uploads) -> ArtifactRow:
    uploading = row.status == ArtifactStatus.UPLOADING.value
    return ArtifactRow(
        id=str(row.id),
        run_id=str(row.run_id) if row.run_id else None,
        stage_run_id=str(row.stage_run_id) if row.stage_run_id else None,
        stage=row.stage,
        name=row.name,
        description=row.description,
        artifact_type=ArtifactType(row.artifact_type),
        status=ArtifactStatus(row.status),
        is_active=row.is_active,
        file_path=row.file_path,
        file_name=PurePosixPath(row.name).name,
        file_size=row.file_size,
        sha256=row.sha256,
        media_type=row.media_type,
        storage_type=StorageType(row.storage_type),
        storage_config=row.storage_config,
        artifact_metadata=row.artifact_metadata,
        created_by=row.created_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
        received=uploads.received(row.id) if uploading else row.file_size,
    )


async def footprint(session: AsyncSession, run: UUID, path: str) -> ArtifactFootprint:
    """Of the run's artifact called `path`, or all in the folder of that name. Raises NotFound where there is none."""
    going, cited = await going_at(session, run, path)
    return ArtifactFootprint(files=len(going), file_size=sum(row.file_size for row in going), cited=cited)


async def going_at(session: AsyncSession, run: UUID, path: str) -> tuple[Sequence[Any], list[CitedArtifact]]:
    """(id, name, file_size) of what would go with `path`, by name, and what would stay. Raises NotFound for neither."""
    chosen = and_(
        Artifact.run_id == run,
        Artifact.is_active.is_(True),
        Artifact.status == ArtifactStatus.READY.value,
        or_(Artifact.name == path, Artifact.name.startswith(f"{path.strip('/')}/", autoescape=True)),
    )
    columns = select(Artifact.id, Artifact.name, Artifact.file_size)
    found = (await session.execute(columns.where(chosen).order_by(Artifact.name))).all()
    if not found:
        raise NotFound("artifact", path)
    versions = await citing_versions(session, chosen)
    cited = [CitedArtifact(name=row.name, version=versions[row.id]) for row in found if row.id in versions]
    return [row for row in found if row.id not in versions], cited
