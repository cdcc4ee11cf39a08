"""Deleting an artifact so that it can be restored: its content stays until `mltui gc` is told to remove it."""

from sqlalchemy.ext.asyncio import AsyncSession

from mltui_server.artifacts import service
from mltui_server.artifacts.held import hold
from mltui_server.artifacts.hindrances import hindrances
from mltui_server.artifacts.models import Artifact
from mltui_server.artifacts.names import hold_names
from mltui_server.events.service import record
from mltui_server.lib.errors import Conflict
from mltui_server.lib.principal import Principal
from mltui_server.registry.citations import citing_versions


async def remove(session: AsyncSession, principal: Principal, key: str) -> None:
    """It is not shown any more. Raises Conflict when it is deleted already, or cited."""
    artifact = await service.find(session, key, lock=True)
    if not artifact.is_active:
        raise Conflict(f"artifact {artifact.name!r} is deleted already")
    if version := (await citing_versions(session, Artifact.id == artifact.id)).get(artifact.id):
        raise Conflict(f"artifact {artifact.name!r} is cited by model version {version}; delete that first")
    artifact.is_active = False
    await record(session, principal, "artifact.delete", artifact.id, run_id=artifact.run_id,
                 before={"is_active": True}, after={"is_active": False}, message=artifact.name)  # fmt: skip


async def restore(session: AsyncSession, principal: Principal, key: str) -> Artifact:
    """It is shown again. Raises Conflict where it is, where its name is taken, and for what is gone for good."""
    artifact = await service.find(session, key)
    # In this order whoever completes an upload takes them too. From here on the content stays as it is.
    await hold(session, service.object_path(artifact.sha256))
    if artifact.run_id:
        await hold_names(session, artifact.run_id, [artifact.name])
    await session.refresh(artifact, with_for_update=True)
    if reason := (await hindrances(session, [artifact])).get(artifact.id):
        raise Conflict(f"artifact {artifact.name!r} cannot be restored: {reason}")
    artifact.is_active = True
    await record(session, principal, "artifact.restore", artifact.id, run_id=artifact.run_id,
                 before={"is_active": False}, after={"is_active": True}, message=artifact.name)  # fmt: skip
    return artifact
