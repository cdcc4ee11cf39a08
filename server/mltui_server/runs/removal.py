"""Deleting a run and everything that is kept of it: samples and logs go in the background, surely."""

from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.states import LIVE, Status
from mltui_server.artifacts.service import forget_artifacts
from mltui_server.events.service import record
from mltui_server.lib.errors import Conflict
from mltui_server.lib.principal import Principal
from mltui_server.logs.removal import forget_logs
from mltui_server.runs import service
from mltui_server.samples.service import forget_run


async def remove(session: AsyncSession, principal: Principal, key: str) -> None:
    """Raises Conflict while the run is live. Events about it stay, and so do its output files."""
    run = await service.find(session, key, lock=True)
    if Status(run.status) in LIVE:
        raise Conflict(f"run {run.id} is {run.status}; cancel it first")
    before = {"name": run.name, "status": run.status}
    await record(session, principal, "run.delete", run.id, run_id=run.id, before=before)
    await forget_run(session, run.id)
    await forget_logs(session, run.id)
    await forget_artifacts(session, run.id)
    await session.delete(run)
