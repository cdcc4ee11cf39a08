"""Removing content that nothing refers to: of deleted and replaced artifacts, and uploads that were given up."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from mltui.wire.artifacts import ArtifactStatus, Garbage, StorageType
from mltui_server.artifacts import service
from mltui_server.artifacts.contents import Contents
from mltui_server.artifacts.held import hold
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
        given_up = await self._given_up()
        async with self._database.session() as session:
            objects = await _unreferenced(session)
        return Garbage(
            objects=len(objects),
            uploads=len(given_up),
            bytes=sum(row.file_size for row in objects) + sum(given_up.values()),
        )

    async def collect(self, principal: Principal) -> Garbage:
        """Remove it. What breaks off is gone on with at the next call. Raises Unavailable where a store fails."""
        found = await self.look()
        given_up = await self._given_up()
        async with self._database.session() as session:
            announced = (Artifact.id.in_(given_up), Artifact.status == service.UPLOADING)
            await session.execute(delete(Artifact).where(*announced))
            objects = await _unreferenced(session)
        await asyncio.to_thread(self._contents.uploads.drop_unless_busy, given_up)
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
            await hold(session, service.object_path(sha256))
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
                if await service.stored_size(session, row.sha256, StorageType(row.storage_type)) is None:
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

    async def _given_up(self) -> dict[UUID, int]:
        """How many bytes came of each: by the file's time, which each piece moves. Some were never announced: the
        server was killed while they came. Of others nothing came at all.
        """
        before = datetime.now(UTC) - timedelta(seconds=GIVEN_UP_S)
        staged = await asyncio.to_thread(self._contents.uploads.staged)
        found = {id_: stat.st_size for id_, stat in staged.items() if stat.st_mtime < before.timestamp()}
        empty = select(Artifact.id).where(
            Artifact.status == service.UPLOADING, Artifact.updated_at < before, Artifact.id.not_in(staged)
        )
        async with self._database.session() as session:
            return found | dict.fromkeys((await session.scalars(empty)).all(), 0)


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
