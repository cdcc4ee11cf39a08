"""What lies in a folder of a run's artifacts. Folders are only parts of names, so they are counted when asked for."""

from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.artifact_previews import ArtifactEntry
from mltui.wire.artifacts import ArtifactStatus, ArtifactType
from mltui.wire.base import Page
from mltui_server.artifacts.models import Artifact
from mltui_server.lib.pagination import Window


async def list_folder(session: AsyncSession, run: UUID, folder: str, window: Window) -> Page[ArtifactEntry]:
    """Folders first, then files, each by name; the cursor is the last name, of a folder with a `/` behind it."""
    prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
    rest = func.substr(Artifact.name, len(prefix) + 1)
    entries = (
        select(
            (func.strpos(rest, "/") == 0).label("is_file"),
            func.split_part(rest, "/", 1).label("part"),
            func.count().label("files"),
            func.sum(Artifact.file_size).label("file_size"),
            func.max(Artifact.created_at).label("created_at"),
            # Of a file there is one.
            func.min(cast(Artifact.id, Text)).label("id"),
            func.min(Artifact.artifact_type).label("artifact_type"),
        )
        .where(Artifact.run_id == run, Artifact.is_active.is_(True), Artifact.status == ArtifactStatus.READY.value,
               Artifact.name.startswith(prefix, autoescape=True))
        .group_by("is_file", "part")
        .subquery()
    )  # fmt: skip
    place = tuple_(entries.c.is_file, entries.c.part)
    listed = select(entries).order_by(entries.c.is_file, entries.c.part)
    if window.cursor:
        listed = listed.where(place > tuple_(not window.cursor.endswith("/"), window.cursor.rstrip("/")))
    else:
        listed = listed.offset(window.offset)
    rows = list(await session.execute(listed.limit(window.limit + 1)))
    total = await session.scalar(select(func.count()).select_from(entries))
    items = [_entry(row) for row in rows[: window.limit]]
    more = len(rows) > window.limit
    return Page(items=items, next=items[-1].name + "/" * (items[-1].id is None) if more else None, total=total)


def _entry(row: Any) -> ArtifactEntry:
    return ArtifactEntry(
        name=row.part,
        id=row.id if row.is_file else None,
        files=row.files,
        file_size=int(row.file_size),
        artifact_type=ArtifactType(row.artifact_type) if row.is_file else None,
        created_at=row.created_at,
    )
