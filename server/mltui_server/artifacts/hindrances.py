"""Why artifacts that were deleted or replaced cannot be shown again."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.artifacts import ArtifactStatus
from mltui_server.artifacts.models import Artifact
from mltui_server.artifacts.names import clash
from mltui_server.artifacts.service import READY
from mltui_server.runs.models import Run


async def hindrances(session: AsyncSession, artifacts: Sequence[Artifact]) -> dict[UUID, str]:
    """By id, of those that cannot. They are of one run and have different names; names and contents are held."""
    found = {one.id: why for one in artifacts if (why := _its_own(one))}
    if run := await _deleted_run(session, artifacts):
        why = f"its run was deleted; `mltui runs restore {run}` brings it back with all it made"
        found |= {one.id: why for one in artifacts if one.is_active}
    named = {one.name: one for one in artifacts if one.id not in found and one.status == READY}
    if not named:
        return found
    run = next(iter(named.values())).run_id
    taken = select(Artifact.name).where(
        Artifact.run_id == run, Artifact.name.in_(named), Artifact.is_active.is_(True), Artifact.status == READY
    )
    for name in await session.scalars(taken):
        found[named.pop(name).id] = "its run has another one of that name; delete that first"
    if run is not None and named and await clash(session, run, list(named)):
        # Seldom: only now each of them is asked for.
        for name, one in named.items():
            if why := await clash(session, run, [name]):
                found[one.id] = f"{why}; delete that first"
    return found


async def _deleted_run(session: AsyncSession, artifacts: Sequence[Artifact]) -> UUID | None:
    """What is not deleted itself is deleted with its run."""
    active = next((one for one in artifacts if one.is_active and one.run_id is not None), None)
    if active is None or await session.scalar(select(Run.id).where(Run.id == active.run_id)):
        return None
    return active.run_id


def _its_own(artifact: Artifact) -> str | None:
    if artifact.is_active:
        return "it is not deleted"
    if artifact.status == ArtifactStatus.DELETED.value:
        return "its content was removed by `mltui gc`"
    if artifact.run_id is None:
        return "its run was deleted for good"
    return None
