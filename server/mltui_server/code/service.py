"""Recording code versions."""

import msgspec
from sqlalchemy import case
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.code import CodeVersion, RecordCode
from mltui_server.code.models import RunCode
from mltui_server.code.queries import code_of
from mltui_server.runs import service as runs


async def record(session: AsyncSession, key: str, request: RecordCode) -> None:
    """Add what is said to what is known. Said again, or in another order, it comes to the same.

    Raises NotFound.
    """
    run = await runs.find(session, key)
    said = msgspec.to_builtins(request)
    del said["scope"], said["captured_at"]
    statement = insert(RunCode).values(
        run_id=run.id, scope=request.scope, captured_at=request.captured_at, said=said
    )  # fmt: skip
    told = statement.excluded
    newer = told.captured_at >= RunCode.captured_at
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["run_id", "scope"],
            set_={
                "captured_at": case((newer, told.captured_at), else_=RunCode.captured_at),
                "said": case((newer, RunCode.said.op("||")(told.said)), else_=told.said.op("||")(RunCode.said)),
            },
        )
    )


async def show(session: AsyncSession, key: str) -> list[CodeVersion]:
    """Of each scope of the run. Raises NotFound."""
    run = await runs.find(session, key)
    return (await code_of(session, [run.id])).get(run.id, [])
