"""Recording events. The event row and the notification go in the transaction that makes the change."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.masking import without_secrets
from mltui_server.db.notify import CHANNEL, EVENTS
from mltui_server.events.models import Event
from mltui_server.lib.principal import Principal


async def record(
    session: AsyncSession,
    principal: Principal,
    action: str,
    object_id: UUID | str,
    *,
    run_id: UUID | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    message: str = "",
) -> None:
    """Say in this transaction that `principal` did `action` (`run.cancel`) to the object.

    The object's type is the action's first word. `before` and `after` hold what changed, JSON-able;
    of secrets only that they are there, as events are there for ever and for everybody.
    """
    change = Change(object_id, before, after, message)
    await record_all(session, principal, action, [change], run_id=run_id)


@dataclass(frozen=True)
class Change:
    """Of one object."""

    object_id: UUID | str
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    message: str = ""


async def record_all(
    session: AsyncSession, principal: Principal, action: str, changes: Sequence[Change], *, run_id: UUID | None = None
) -> None:
    """As `record`, of at least one change: an event each, in one statement."""
    rows = [
        {
            "actor": principal.name,
            "action": action,
            "object_type": action.partition(".")[0],
            "object_id": str(change.object_id),
            "run_id": run_id,
            "before": without_secrets(msgspec.to_builtins(change.before)),
            "after": without_secrets(msgspec.to_builtins(change.after)),
            "message": change.message,
            "request_id": principal.request_id,
        }
        for change in changes
    ]
    await session.execute(insert(Event), rows)
    # Postgres folds equal notifications of one transaction into one.
    await session.execute(select(func.pg_notify(CHANNEL, EVENTS)))
