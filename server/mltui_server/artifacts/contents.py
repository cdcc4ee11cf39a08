"""The bytes of artifacts: in, a piece at a time or whole; out, whole or in part."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from mltui.wire.artifacts import SMALL_TOTAL_BYTES, ArtifactRow, CreateArtifact, SmallContent, StorageType
from mltui_server.artifacts import service
from mltui_server.artifacts.models import Artifact
from mltui_server.artifacts.names import check_names
from mltui_server.artifacts.queries import artifact_row
from mltui_server.artifacts.store import StoreError
from mltui_server.artifacts.stores import Stores
from mltui_server.artifacts.uploads import Uploads
from mltui_server.db.database import Database
from mltui_server.lib.errors import Conflict, Invalid, Unavailable
from mltui_server.lib.ids import new_id, parse_id
from mltui_server.lib.principal import Principal
from mltui_server.runs import service as runs

Body = AsyncIterator[bytes]


class Contents:
    """No transaction is open while bytes come or go: they may take hours."""

    def __init__(self, database: Database, stores: Stores, uploads: Uploads) -> None:
        self._database, self.stores, self.uploads = database, stores, uploads

    async def receive(self, principal: Principal, key: str, offset: int, body: Body) -> ArtifactRow:
        """A piece of an artifact that was announced; with the last one it is ready.

        Raises Conflict for a piece that does not fit, while another one comes, or for an artifact that is whole. Raises
        Invalid where all of it is not what was announced: then it begins anew.
        """
        with self.uploads.alone(parse_id("artifact", key)):
            return await self._receive(principal, key, offset, body)

    async def _receive(self, principal: Principal, key: str, offset: int, body: Body) -> ArtifactRow:
        async with self._database.session() as session:
            artifact = await service.find(session, key)
        if artifact.status != service.UPLOADING:
            raise Conflict(f"artifact {artifact.name!r} is {artifact.status}; there is nothing to upload")
        received = await self.uploads.add(artifact.id, offset, body, artifact.file_size)
        if received == artifact.file_size:
            await self._check(artifact.id, artifact.sha256)
            return await self._complete(principal, artifact, artifact.id)
        async with self._database.session() as session:
            return await artifact_row(session, self.uploads, artifact.id)

    async def take(
        self, principal: Principal, run: str, name: str, digest: str | None, body: Body, more: dict[str, Any]
    ) -> ArtifactRow:
        """A whole file as an artifact of the run. `digest` is what its SHA-256 should be; `more`: of CreateArtifact."""
        async with self._database.session() as session:
            await check_names(session, (await runs.find(session, run)).id, [name])
        id_ = new_id()
        try:
            size = await self.uploads.add(id_, 0, body)
            sha256 = await self.uploads.digest(id_)
            if digest:
                await self._check(id_, digest)
            request = CreateArtifact(name=name, file_size=size, sha256=sha256, **more)
            async with self._database.session() as session:
                artifact = await service.announce(session, principal, self.stores, run, request)
            if artifact.status == service.UPLOADING:
                return await self._complete(principal, artifact, id_)
            async with self._database.session() as session:
                return await artifact_row(session, self.uploads, artifact.id)
        finally:
            self.uploads.drop(id_)

    async def _check(self, id_: UUID, sha256: str) -> None:
        found = await self.uploads.digest(id_)
        if found != sha256:
            self.uploads.drop(id_)
            raise Invalid(f"what came has SHA-256 {found}, and {sha256} was announced; send it again from the start")

    async def _complete(self, principal: Principal, artifact: Artifact, upload: UUID) -> ArtifactRow:
        """Put what came into the store, unless it has that already, and say so, all while nobody else removes it."""
        storage = StorageType(artifact.storage_type)
        async with self._database.session() as session:
            if artifact.run_id:
                await check_names(session, artifact.run_id, [artifact.name])
            if await service.stored_size(session, artifact.sha256, storage) is None:
                try:
                    await self.stores.of(storage).put_file(artifact.file_path, self.uploads.file(upload))
                except StoreError as error:
                    raise Unavailable(f"{error}; the upload is kept, try again", 5) from error
            found = await service.find(session, str(artifact.id), lock=True)
            if found.status == service.UPLOADING:
                await service.complete(session, principal, found)
            row = await artifact_row(session, self.uploads, artifact.id)
        self.uploads.drop(upload)
        return row

    async def keep(self, sha256: str, storage: StorageType, content: bytes) -> None:
        """Put a small file into the store. The caller holds its name, and it is not there yet. Raises Unavailable."""
        upload = new_id()
        try:
            await self.uploads.add(upload, 0, _of(content))
            await self.stores.of(storage).put_file(service.object_path(sha256), self.uploads.file(upload))
        except StoreError as error:
            raise Unavailable(f"{error}; try again", 5) from error
        finally:
            self.uploads.drop(upload)

    async def readable(self, key: str) -> Artifact:
        """The artifact, whose content can be read. Raises NotFound, or Conflict while, or once, it has none."""
        async with self._database.session() as session:
            artifact = await service.find(session, key)
        _check_ready(artifact)
        return artifact

    async def small(self, keys: Sequence[str]) -> list[SmallContent]:
        """Small files whole, in this order. Raises NotFound, Conflict, Unavailable, and Invalid for too much."""
        async with self._database.session() as session:
            artifacts = await service.find_all(session, keys)
        for artifact in artifacts:
            _check_ready(artifact)
        if sum(artifact.file_size for artifact in artifacts) > SMALL_TOTAL_BYTES:
            raise Invalid(f"ids: more than {SMALL_TOTAL_BYTES >> 20} MiB; ask for fewer, or for each content by itself")
        contents = await asyncio.gather(*map(self._whole, artifacts))
        return [SmallContent(id=str(one.id), content=content) for one, content in zip(artifacts, contents, strict=True)]

    async def _whole(self, artifact: Artifact) -> bytes:
        return b"".join([piece async for piece in await self.read(artifact, 0, artifact.file_size)])

    async def read(self, artifact: Artifact, start: int, stop: int) -> Body:
        """Bytes `start` up to, not including, `stop`, once the first have come: until then, Unavailable can be said."""
        if start == stop:
            return _of()
        pieces = self.stores.of(StorageType(artifact.storage_type)).stream(artifact.file_path, start, stop)
        try:
            first = await anext(pieces)
        except (StoreError, StopAsyncIteration) as error:
            raise Unavailable(str(error) or "the artifact store has less than it should") from error
        return _with(first, pieces)


def _check_ready(artifact: Artifact) -> None:
    if artifact.status != service.READY:
        raise Conflict(f"artifact {artifact.name!r} is {artifact.status}; it has no content to read")


async def _of(*pieces: bytes) -> Body:
    for piece in pieces:
        yield piece


async def _with(first: bytes, rest: Body) -> Body:
    yield first
    async for piece in rest:
        yield piece
