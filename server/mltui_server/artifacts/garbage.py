"""Removing content that nothing refers to: of deleted and replaced artifacts, and uploads that were given up."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from mltui.wire.artifacts import ArtifactStatus, Garbage, StorageType
from mltui_server.artifacts import service
from mltui_server.artifacts.contents import Contents
from mltui_server.artifacts.models import Artifact
from mltui_server.artifacts.store import StoreError
from mltui_server.db.database import Database
from mltui_server.events.service import record
from mltui_server.lib.errors import Unavailable
from mltui_server.lib.principal import Principal
from mltui_server.registry.citations import content_is_cited

GIVEN_UP_S = 24 * 3600.0
"""An upload to which nothing has come for this long."""
DELETED = ArtifactStatus.DELETED.value


class Collector:
    def __init__(self, database: Database, contents: Contents) -> None:
        self._database, self._contents = database, contents

    async def look(self) -> Garbage:
        """What `collect` would remove."""
        async with self._database.session() as session:
            objects = await _unreferenced(session)
            uploads = await _given_up(session)
        stale = self._stale_files()
        return Garbage(
            objects=len(objects),
            uploads=len(uploads) + len(stale),
            bytes=sum(row.file_size for row in objects)
            + sum(self._contents.uploads.received(row.id) for row in uploads)
            + sum(size for _, size in stale),
        )

    async def collect(self, principal: Principal) -> Garbage:
        """Remove it. What breaks off is gone on with at the next call. Raises Unavailable where a store fails."""
        found = await self.look()
        async with self._database.session() as session:
            for row in await _given_up(session):
                self._contents.uploads.drop(row.id)
                await session.execute(delete(Artifact).where(Artifact.id == row.id))
            objects = await _unreferenced(session)
        for id_, _ in self._stale_files():
            self._contents.uploads.drop(id_)
        for row in objects:
            await self._mark(row.sha256, row.storage_type)
        await self._delete_marked()
        if found.objects or found.uploads:
            async with self._database.session() as session:
                await record(session, principal, "artifact.collect", "", message=f"{found.bytes} bytes",
                             after={"objects": found.objects, "uploads": found.uploads})  # fmt: skip
        return found

    async def _mark(self, sha256: str, storage: str) -> None:
        """From here on nobody counts on the content, so that it can be deleted in peace."""
        async with self._database.session() as session:
            await service.hold(session, service.object_path(sha256))
            same = (Artifact.sha256 == sha256, Artifact.storage_type == storage, Artifact.status == service.READY)
            needed = or_(Artifact.is_active.is_(True), content_is_cited())
            if await session.scalar(select(Artifact.id).where(*same, needed).limit(1)) is None:
                await session.execute(update(Artifact).where(*same).values(status=DELETED))

    async def _delete_marked(self) -> None:
        marked = select(Artifact.sha256, Artifact.storage_type, Artifact.file_path).distinct().where(
            Artifact.status == DELETED, Artifact.file_path != ""
        )  # fmt: skip
        async with self._database.session() as session:
            objects = (await session.execute(marked)).all()
        for row in objects:
            async with self._database.session() as session:
                if not await service.is_stored(session, row.sha256, StorageType(row.storage_type)):
                    try:
                        await self._contents.stores.of(StorageType(row.storage_type)).delete(row.file_path)
                    except StoreError as error:
                        raise Unavailable(f"{error}; what is left is removed by the next `mltui gc`", 5) from error
                await session.execute(
                    update(Artifact)
                    .where(Artifact.sha256 == row.sha256, Artifact.storage_type == row.storage_type,
                           Artifact.status == DELETED)
                    .values(file_path="")
                )  # fmt: skip

    def _stale_files(self) -> Sequence[tuple[Any, int]]:
        """Of uploads that no artifact announced: the server was killed while they came."""
        found = []
        for id_ in self._contents.uploads.ids():
            stat = self._contents.uploads.file(id_).stat()
            if stat.st_mtime < time.time() - GIVEN_UP_S:
                found.append((id_, stat.st_size))
        return found


async def _unreferenced(session: AsyncSession) -> Sequence[Any]:
    other = aliased(Artifact)
    needed = exists().where(
        other.sha256 == Artifact.sha256, other.storage_type == Artifact.storage_type,
        other.status == service.READY, other.is_active.is_(True),
    )  # fmt: skip
    statement = (
        select(Artifact.sha256, Artifact.storage_type, func.max(Artifact.file_size).label("file_size"))
        .where(Artifact.status == service.READY, Artifact.is_active.is_(False), ~needed, ~content_is_cited())
        .group_by(Artifact.sha256, Artifact.storage_type)
    )
    return (await session.execute(statement)).all()


async def _given_up(session: AsyncSession) -> Sequence[Any]:
    before = datetime.now(UTC) - timedelta(seconds=GIVEN_UP_S)
    statement = select(Artifact.id).where(Artifact.status == service.UPLOADING, Artifact.updated_at < before)
    return (await session.execute(statement)).all()
