"""Deleting runs: first so that they can be restored, then everything that is kept of them, surely."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.runs import FOR_GOOD, RESTORABLE_H, RunDetail
from mltui.wire.states import LIVE, Status
from mltui_server.artifacts.service import forget_artifacts
from mltui_server.db.base import DELETED_TOO
from mltui_server.events.service import record
from mltui_server.lib.errors import Conflict, NotFound
from mltui_server.lib.ids import parse_id
from mltui_server.lib.principal import SYSTEM, Principal
from mltui_server.logs.removal import forget_logs
from mltui_server.registry.citations import keep_run_name
from mltui_server.runs.models import Run
from mltui_server.runs.queries import run_detail
from mltui_server.samples.service import forget_run

PURGED_AT_ONCE = 100


async def remove(session: AsyncSession, principal: Principal, key: str, *, at_once: bool) -> None:
    """Nobody sees it any more; `at_once` it is gone for good, even if it was deleted before.

    Raises Conflict while the run is live. Events about it stay, and so do its output files.
    """
    run = await _find(session, key)
    if run.deleted_at is not None and not at_once:
        raise NotFound("run", key)
    if Status(run.status) in LIVE:
        raise Conflict(f"run {run.id} is {run.status}; cancel it first")
    before = {"name": run.name, "status": run.status}
    message = FOR_GOOD if at_once else f"it can be restored for {RESTORABLE_H} hours"
    await record(session, principal, "run.delete", run.id, run_id=run.id, before=before, message=message)
    await keep_run_name(session, run.id, run.name)
    if at_once:
        await _forget(session, run)
    else:
        run.deleted_at = func.clock_timestamp()


async def restore(session: AsyncSession, principal: Principal, key: str) -> RunDetail:
    """Bring a deleted run back as it was. Raises NotFound when it is gone for good, Conflict when it is not deleted."""
    run = await _find(session, key)
    if run.deleted_at is None:
        raise Conflict(f"run {run.id} is not deleted")
    run.deleted_at = None
    await session.flush()
    after = {"name": run.name, "status": run.status}
    await record(session, principal, "run.restore", run.id, run_id=run.id, after=after)
    return await run_detail(session, run.id)


async def purge(session: AsyncSession, now: datetime) -> None:
    """Forget for good what was deleted long enough ago."""
    overdue = await session.scalars(
        select(Run)
        .where(Run.deleted_at < now - timedelta(hours=RESTORABLE_H))
        .order_by(Run.deleted_at)
        .limit(PURGED_AT_ONCE)
        .with_for_update(skip_locked=True)
        .execution_options(**{DELETED_TOO: True})
    )
    for run in overdue.all():
        await record(session, SYSTEM, "run.purge", run.id, run_id=run.id, before={"name": run.name})
        await _forget(session, run)


async def _forget(session: AsyncSession, run: Run) -> None:
    """Samples and logs go in the background."""
    await forget_run(session, run.id)
    await forget_logs(session, run.id)
    await forget_artifacts(session, run.id)
    await session.delete(run)


async def _find(session: AsyncSession, key: str) -> Run:
    run = await session.scalar(
        select(Run).where(Run.id == parse_id("run", key)).with_for_update().execution_options(**{DELETED_TOO: True})
    )
    if run is None:
        raise NotFound("run", key)
    return run
