"""Deleting a folder of a run's artifacts, and taking that back: an event for each batch of files, not for each file.

The events of one deletion have its id as their object, and say which artifacts went.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.artifacts import DeletedFolder, RestoredFolder, StayingArtifact
from mltui.wire.counting import counted
from mltui_server.artifacts.held import hold
from mltui_server.artifacts.hindrances import hindrances
from mltui_server.artifacts.models import Artifact
from mltui_server.artifacts.names import hold_names
from mltui_server.artifacts.queries import going_at
from mltui_server.artifacts.service import object_path
from mltui_server.db.database import Database
from mltui_server.events.models import Event
from mltui_server.events.service import Change, record, record_all
from mltui_server.lib.errors import Conflict, NotFound
from mltui_server.lib.ids import new_id, parse_id
from mltui_server.lib.principal import Principal

BATCH = 500
"""Files of one event, and of one transaction that restores them: it holds a lock for each name and content."""
DELETE, RESTORE = "artifacts.delete", "artifacts.restore"


async def remove(session: AsyncSession, principal: Principal, run: UUID, path: str) -> DeletedFolder:
    """All in the folder of that name, or the file, but for what models cite.

    Raises NotFound where there is nothing, Conflict where all of it is cited.
    """
    going, cited = await going_at(session, run, path)
    if not going:
        raise Conflict(f"artifact {cited[0].name!r} is cited by model version {cited[0].version}; delete that first")
    active = update(Artifact).where(_one_of([row.id for row in going]), Artifact.is_active.is_(True))
    gone = set(await session.scalars(active.values(is_active=False).returning(Artifact.id)))
    rows = [row for row in going if row.id in gone]
    deletion, name = new_id(), path if going[0].name == path else f"{path.strip('/')}/"
    batches = [rows[at : at + BATCH] for at in range(0, len(rows), BATCH)]
    changes = [
        Change(deletion, {"name": name, "ids": [str(row.id) for row in batch]}, message=_counted(len(batch), name))
        for batch in batches
    ]
    await record_all(session, principal, DELETE, changes, run_id=run)
    size = sum(row.file_size for row in rows)
    return DeletedFolder(id=str(deletion), files=len(rows), file_size=size, cited=cited)


async def restore(database: Database, principal: Principal, key: str) -> RestoredFolder:
    """What went with that deletion, but for what something hinders, batch by batch. Broken off, it can be done again.

    Raises NotFound for another id, Conflict where nothing of it can be restored.
    """
    deletion = parse_id("deletion", key)
    async with database.session() as session:
        said = select(Event).where(Event.object_id == str(deletion), Event.action == DELETE).order_by(Event.id)
        events = (await session.scalars(said)).all()
    if not events:
        raise NotFound("deletion", key)
    back, staying = list[Artifact](), list[StayingArtifact]()
    for event in events:
        async with database.session() as session:
            some, others = await _restore_batch(session, principal, event)
        back += some
        staying += others
    if not back:
        why = f"{staying[0].name!r}: {staying[0].reason}" if staying else "it is not deleted"
        raise Conflict(f"{(events[0].before or {})['name']} cannot be restored: {why}")
    return RestoredFolder(files=len(back), file_size=sum(one.file_size for one in back), staying=staying)


async def _restore_batch(
    session: AsyncSession, principal: Principal, event: Event
) -> tuple[Sequence[Artifact], Sequence[StayingArtifact]]:
    before: dict[str, Any] = event.before or {}
    mine = select(Artifact).where(_one_of([UUID(id_) for id_ in before["ids"]])).order_by(Artifact.name)
    known = (await session.scalars(mine)).all()
    # In this order whoever completes an upload takes them too. From here on contents stay as they are.
    await hold(session, *{object_path(one.sha256) for one in known})
    if event.run_id:
        await hold_names(session, event.run_id, [one.name for one in known])
    locked = await session.scalars(mine.with_for_update().execution_options(populate_existing=True))
    deleted = [one for one in locked if not one.is_active]
    reasons = await hindrances(session, deleted)
    staying = [StayingArtifact(name=one.name, reason=reasons[one.id]) for one in deleted if one.id in reasons]
    back = [one for one in deleted if one.id not in reasons]
    if back:
        ids = [one.id for one in back]
        await session.execute(update(Artifact).where(_one_of(ids)).values(is_active=True))
        await record(session, principal, RESTORE, event.object_id, run_id=event.run_id,
                     after={"name": before["name"], "ids": [str(id_) for id_ in ids]},
                     message=_counted(len(back), before["name"]))  # fmt: skip
    return back, staying


def _one_of(ids: Sequence[UUID]) -> ColumnElement[bool]:
    # One parameter however many there are.
    return Artifact.id == any_(literal(list(ids), ARRAY(Uuid())))


def _counted(files: int, name: str) -> str:
    return f"{counted(files, 'file')} of {name}" if name.endswith("/") else ""
