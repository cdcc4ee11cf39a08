"""Deleting the logs of a run."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui_server.artifacts.object_deletion import forget_objects
from mltui_server.executions.models import Execution
from mltui_server.logs.archive import object_path


async def forget_logs(session: AsyncSession, run_id: UUID) -> None:
    """Have the run's log objects deleted, in the background. Call it in the transaction that deletes the run.

    It names objects of all executions: a crash may have left one that no row knows of.
    """
    ids = await session.scalars(select(Execution.id).where(Execution.run_id == run_id))
    await forget_objects(session, [object_path(run_id, execution_id) for execution_id in ids])
