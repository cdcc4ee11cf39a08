"""Deleting ingestion jobs so that they can be restored. They are small, and lineage goes through them: they stay."""

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.states import LIVE, Status
from mltui_server.events.service import record
from mltui_server.ingestion.models import IngestionJob
from mltui_server.ingestion.service import find
from mltui_server.lib.errors import Conflict
from mltui_server.lib.principal import Principal


async def remove(session: AsyncSession, principal: Principal, key: str) -> None:
    """Nobody sees it any more; its runs and its dataset stay. Raises Conflict while it waits for a run or has one."""
    job = await find(session, key, lock=True)
    if Status(job.status) in LIVE - {Status.PENDING}:
        raise Conflict(f"ingestion job {job.name!r} is {job.status}; cancel it first")
    job.deleted_at = func.clock_timestamp()
    before = {"name": job.name, "uri": job.uri, "status": job.status}
    await record(session, principal, "ingestion_job.delete", job.id, run_id=job.run_id, before=before)


async def restore(session: AsyncSession, principal: Principal, key: str) -> IngestionJob:
    """Bring a deleted job back as it was. Raises NotFound, and Conflict for one that is not deleted."""
    job = await find(session, key, lock=True, deleted_too=True)
    if job.deleted_at is None:
        raise Conflict(f"ingestion job {job.name!r} is not deleted")
    job.deleted_at = None
    await session.flush()
    after = {"name": job.name, "status": job.status}
    await record(session, principal, "ingestion_job.restore", job.id, run_id=job.run_id, after=after)
    return job
