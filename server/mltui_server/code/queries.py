"""Reading code versions."""

from collections.abc import Collection
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.code import CodeVersion
from mltui_server.code.models import RunCode


async def code_of(session: AsyncSession, run_ids: Collection[UUID]) -> dict[UUID, list[CodeVersion]]:
    """Of those of these runs that have any, by scope."""
    rows = await session.execute(
        select(RunCode.run_id, RunCode.scope, RunCode.captured_at, RunCode.said)
        .where(RunCode.run_id.in_(run_ids))
        .order_by(RunCode.scope)
    )
    found: dict[UUID, list[CodeVersion]] = {}
    for row in rows:
        about = {"scope": row.scope, "captured_at": row.captured_at}
        code = msgspec.convert(row.said | about, CodeVersion)
        # Postgres orders what is in JSON by length.
        code.packages, code.environment = dict(sorted(code.packages.items())), dict(sorted(code.environment.items()))
        found.setdefault(row.run_id, []).append(code)
    return found
