"""Recording events. The event row and the notification go in the transaction that makes the change."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

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

    The object's type is the action's first word. `before` and `after` hold what changed, JSON-able.
    """
    await session.execute(
        insert(Event).values(
            actor=principal.name,
            action=action,
            object_type=action.partition(".")[0],
            object_id=str(object_id),
            run_id=run_id,
            before=None if before is None else msgspec.to_builtins(before),
            after=None if after is None else msgspec.to_builtins(after),
            message=message,
            request_id=principal.request_id,
        )
    )
    # Postgres folds equal notifications of one transaction into one.
    await session.execute(select(func.pg_notify(CHANNEL, EVENTS)))
