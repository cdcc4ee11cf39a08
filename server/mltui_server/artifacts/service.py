"""Announcing, completing and changing artifacts. Content lies under its SHA-256: the same file, once."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import UNSET
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.artifacts import ArtifactStatus, CreateArtifact, NewArtifact, PatchArtifact, StorageType
from mltui_server.artifacts.held import hold
from mltui_server.artifacts.kinds import guessed_type, media_type
from mltui_server.artifacts.models import Artifact
from mltui_server.artifacts.names import check_names, take_names
from mltui_server.artifacts.stores import Stores
from mltui_server.events.service import record
from mltui_server.lib.errors import Invalid, NotFound
from mltui_server.lib.ids import parse_id
from mltui_server.lib.principal import Principal
from mltui_server.runs import service as runs
from mltui_server.runs.models import StageRun

READY, UPLOADING = ArtifactStatus.READY.value, ArtifactStatus.UPLOADING.value


def object_path(sha256: str) -> str:
    """Where content is in any store."""
    return f"objects/{sha256[:2]}/{sha256}"


async def find(session: AsyncSession, key: str, *, lock: bool = False) -> Artifact:
    """Raises NotFound."""
    statement = select(Artifact).where(Artifact.id == parse_id("artifact", key))
    artifact = await session.scalar(statement.with_for_update() if lock else statement)
    if artifact is None:
        raise NotFound("artifact", key)
    return artifact


async def find_all(session: AsyncSession, keys: Sequence[str]) -> list[Artifact]:
    """In this order. Raises NotFound for the first that there is not."""
    ids = [parse_id("artifact", key) for key in keys]
    found = {one.id: one for one in await session.scalars(select(Artifact).where(Artifact.id.in_(ids)))}
    for id_ in ids:
        if id_ not in found:
            raise NotFound("artifact", str(id_))
    return [found[id_] for id_ in ids]


async def announce(
    session: AsyncSession, principal: Principal, stores: Stores, run_key: str, request: CreateArtifact
) -> Artifact:
    """The artifact: ready where its content is here, otherwise to be uploaded. Announced again, it is the same one.

    Raises NotFound for a run, Invalid for a stage run that is not one of its, a store that there is not, a name that is
    a folder's or in a file, or a size that this content does not have.
    """
    run = await runs.find(session, run_key)
    storage = request.storage_type or stores.default
    stores.of(storage)
    stage_run = await stage_run_of(session, run.id, request.stage_run) if request.stage_run else None
    same = await session.scalar(
        select(Artifact)
        .where(
            Artifact.run_id == run.id,
            Artifact.name == request.name,
            Artifact.sha256 == request.sha256,
            Artifact.file_size == request.file_size,
            Artifact.storage_type == storage.value,
            Artifact.is_active,
            Artifact.status != ArtifactStatus.DELETED.value,
        )
        .order_by(Artifact.id.desc())
        .limit(1)
    )
    if same is not None:
        return same
    artifact = made_of(request, request.file_size, principal, stores, run.id, stage_run)
    session.add(artifact)
    await session.flush()
    size = await stored_size(session, request.sha256, storage)
    if size is None:
        await check_names(session, run.id, [request.name])
    elif size != request.file_size:
        raise Invalid(f"$.file_size: what has this SHA-256 is {size:,} bytes, not {request.file_size:,}")
    else:
        await complete(session, principal, artifact)
    return artifact


def made_of(
    request: NewArtifact, size: int, principal: Principal, stores: Stores, run: UUID, stage_run: UUID | None
) -> Artifact:
    """The artifact that was asked for, of `size` bytes, without its content yet."""
    storage = request.storage_type or stores.default
    return Artifact(
        run_id=run,
        stage_run_id=stage_run,
        name=request.name,
        description=request.description,
        artifact_type=(request.artifact_type or guessed_type(request.name)).value,
        status=UPLOADING,
        file_path=object_path(request.sha256),
        file_size=size,
        sha256=request.sha256,
        media_type=media_type(request.name),
        storage_type=storage.value,
        storage_config=stores.config(storage),
        artifact_metadata=request.artifact_metadata,
        created_by=principal.name,
    )


async def stage_run_of(session: AsyncSession, run: UUID, key: str) -> UUID:
    """Raises Invalid for a stage run that is none of the run's."""
    found = await session.get(StageRun, parse_id("stage run", key))
    if found is None or found.run_id != run:
        raise Invalid(f"$.stage_run: run {run} has no stage run {key!r}")
    return found.id


async def stored_size(session: AsyncSession, sha256: str, storage: StorageType) -> int | None:
    """Bytes of the content, which the store keeps until this transaction ends; None where it does not have it."""
    await hold(session, object_path(sha256))
    statement = select(Artifact.file_size).where(
        Artifact.sha256 == sha256, Artifact.storage_type == storage.value, Artifact.status == READY
    )
    return await session.scalar(statement.limit(1))


async def complete(session: AsyncSession, principal: Principal, artifact: Artifact) -> None:
    """Its content is in the store: it takes the place of what had its name. Raises Invalid as `take_names` does."""
    if artifact.run_id:
        await take_names(session, artifact.run_id, [artifact.name])
    older = await session.scalars(
        update(Artifact)
        .where(Artifact.run_id == artifact.run_id, Artifact.name == artifact.name, Artifact.id != artifact.id,
               Artifact.is_active, Artifact.status == READY)
        .values(is_active=False)
        .returning(Artifact.id)
    )  # fmt: skip
    replaced = older.first()
    artifact.status = READY
    await session.flush()
    await record(session, principal, "artifact.create", artifact.id, run_id=artifact.run_id,
                 **change_of(artifact, replaced))  # fmt: skip


def change_of(artifact: Artifact, replaced: UUID | None) -> dict[str, Any]:
    """What its event says was there before, and is now."""
    return {
        "before": {"id": str(replaced)} if replaced else None,
        "after": {"name": artifact.name, "file_size": artifact.file_size, "sha256": artifact.sha256},
    }


async def patch(session: AsyncSession, principal: Principal, key: str, request: PatchArtifact) -> Artifact:
    artifact = await find(session, key, lock=True)
    fields = {name: getattr(request, name) for name in PatchArtifact.__struct_fields__}
    wanted: dict[str, Any] = {
        name: str(value) if name == "artifact_type" else value for name, value in fields.items() if value is not UNSET
    }
    before = {name: getattr(artifact, name) for name in wanted}
    if before != wanted:
        for name, value in wanted.items():
            setattr(artifact, name, value)
        await session.flush()
        await record(session, principal, "artifact.update", artifact.id, run_id=artifact.run_id, before=before,
                     after=wanted)  # fmt: skip
    return artifact


async def forget_artifacts(session: AsyncSession, run: UUID) -> None:
    """With their run, in its transaction. Events and rows stay; `mltui gc` removes the content."""
    await session.execute(update(Artifact).where(Artifact.run_id == run).values(is_active=False))
