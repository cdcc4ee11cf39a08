"""Small files, many in one request: as many statements as for one, and one commit."""

import asyncio
import hashlib
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.artifacts import SmallArtifact, StorageType
from mltui_server.artifacts import service
from mltui_server.artifacts.contents import Contents
from mltui_server.artifacts.held import hold
from mltui_server.artifacts.models import Artifact
from mltui_server.artifacts.names import folders_of, take_names
from mltui_server.events.service import Change, record_all
from mltui_server.lib.errors import Fault, Invalid
from mltui_server.lib.principal import Principal
from mltui_server.runs import service as runs


async def take(
    session: AsyncSession, principal: Principal, contents: Contents, run_key: str, files: Sequence[SmallArtifact]
) -> list[UUID]:
    """Make them artifacts of the run, all or none; their ids, in order. What the run has already stays the same one.

    Raises NotFound for a run, Invalid for content that is not what is announced, a name that is there twice or is
    a folder's, a stage run that is not one of the run's or a store that there is not, Unavailable where a store fails.
    """
    _check(files)
    for file in files:
        contents.stores.of(file.storage_type or contents.stores.default)
    run = (await runs.find(session, run_key)).id
    keys = {file.stage_run for file in files if file.stage_run}
    stages = {key: await service.stage_run_of(session, run, key) for key in keys}
    wanted = [
        service.made_of(
            file, len(file.content), principal, contents.stores, run, stages.get(file.stage_run or "")
        )
        for file in files
    ]  # fmt: skip
    await hold(session, *{artifact.file_path for artifact in wanted})
    await take_names(session, run, [file.name for file in files])
    await _keep(session, contents, files, wanted)
    there = await _there(session, wanted)
    made = [artifact for artifact in wanted if _place(artifact) not in there]
    if made:
        await _replace(session, principal, run, made)
    return [there.get(_place(artifact), artifact.id) for artifact in wanted]


def _check(files: Sequence[SmallArtifact]) -> None:
    names, faults = [file.name for file in files], []
    folders = folders_of(names)
    for at, file in enumerate(files):
        if (found := hashlib.sha256(file.content).hexdigest()) != file.sha256:
            faults.append(Fault(f"$[{at}].content", f"its SHA-256 is {found}, and {file.sha256} was announced"))
        if file.name in names[:at]:
            faults.append(Fault(f"$[{at}].name", f"{file.name!r} is there twice"))
        if file.name in folders:
            faults.append(Fault(f"$[{at}].name", f"{file.name!r} cannot be a file and a folder at once"))
    if faults:
        raise Invalid("; ".join(f"{fault.path}: {fault.message}" for fault in faults), faults)


async def _keep(
    session: AsyncSession, contents: Contents, files: Sequence[SmallArtifact], wanted: Sequence[Artifact]
) -> None:
    """Put what the stores do not have there. The names of all contents are held."""
    found = await session.execute(
        select(Artifact.sha256, Artifact.storage_type)
        .where(Artifact.sha256.in_([file.sha256 for file in files]), Artifact.status == service.READY)
        .distinct()
    )
    has = {(row.sha256, row.storage_type) for row in found}
    missing = {
        (one.sha256, one.storage_type): file.content
        for one, file in zip(wanted, files, strict=True)
        if (one.sha256, one.storage_type) not in has
    }
    keeping = (contents.keep(sha256, StorageType(type_), content) for (sha256, type_), content in missing.items())
    # Their names are held until all are done, also where one cannot be kept.
    for outcome in await asyncio.gather(*keeping, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


async def _there(session: AsyncSession, wanted: Sequence[Artifact]) -> dict[tuple[str, str, str], UUID]:
    """What the run has under these names, by name, content and store."""
    rows = await session.execute(
        select(Artifact.id, Artifact.name, Artifact.sha256, Artifact.storage_type).where(
            Artifact.run_id == wanted[0].run_id, Artifact.name.in_([one.name for one in wanted]),
            Artifact.is_active.is_(True), Artifact.status == service.READY,
        )
    )  # fmt: skip
    return {(row.name, row.sha256, row.storage_type): row.id for row in rows}


def _place(artifact: Artifact) -> tuple[str, str, str]:
    return artifact.name, artifact.sha256, artifact.storage_type


async def _replace(session: AsyncSession, principal: Principal, run: UUID, made: Sequence[Artifact]) -> None:
    """They take the places of what had their names."""
    older = await session.execute(
        update(Artifact)
        .where(Artifact.run_id == run, Artifact.name.in_([one.name for one in made]), Artifact.is_active.is_(True),
               Artifact.status == service.READY)
        .values(is_active=False)
        .returning(Artifact.name, Artifact.id)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    replaced = {row.name: row.id for row in older}
    for artifact in made:
        artifact.status = service.READY
    session.add_all(made)
    await session.flush()
    changes = [Change(one.id, **service.change_of(one, replaced.get(one.name))) for one in made]
    await record_all(session, principal, "artifact.create", changes, run_id=run)
