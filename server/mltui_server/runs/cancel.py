"""Asking a run to stop."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.runs import RunDetail
from mltui.wire.states import Status
from mltui_server.executions.models import Execution
from mltui_server.executions.service import live_executions
from mltui_server.lib.principal import Principal
from mltui_server.runs import service
from mltui_server.runs.models import Run, StageRun
from mltui_server.runs.queries import run_detail
from mltui_server.runs.transitions import move


async def cancel(session: AsyncSession, principal: Principal, key: str, reason: str) -> RunDetail:
    """Cancel a run. Cancelling one that is being cancelled changes nothing; an ended one is an IllegalTransition."""
    run = await service.find(session, key, lock=True)
    if run.status != Status.CANCELLING.value:
        await stop(session, principal, run, reason or f"cancelled by {principal.name}")
    return await run_detail(session, run.id)


async def stop(session: AsyncSession, principal: Principal, run: Run, why: str) -> None:
    """Stop a run whose row the caller has locked: what waits is cancelled at once, what runs gets orders."""
    if run.status == Status.QUEUED.value:
        await _cancel_waiting(session, principal, run)
        await move(session, principal, run, Status.CANCELLED, run_id=run.id, error=why)
        return
    await move(session, principal, run, Status.CANCELLING, run_id=run.id, error=why)
    for execution in await live_executions(session, run.id):
        await _cancel_execution(session, principal, run, execution)
    await _cancel_waiting(session, principal, run)


async def _cancel_execution(session: AsyncSession, principal: Principal, run: Run, execution: Execution) -> None:
    claimed = execution.status == Status.RUNNING.value
    wanted = Status.CANCELLING if claimed else Status.CANCELLED
    if execution.status != Status.CANCELLING.value:
        await move(session, principal, execution, wanted, run_id=run.id)
    if execution.stage_run_id is not None:
        stage_run = await session.get_one(StageRun, execution.stage_run_id, with_for_update=True)
        if stage_run.status != Status.CANCELLING.value:
            await move(session, principal, stage_run, wanted, run_id=run.id)


async def _cancel_waiting(session: AsyncSession, principal: Principal, run: Run) -> None:
    waiting = await session.scalars(
        select(StageRun)
        .where(StageRun.run_id == run.id, StageRun.status.in_([Status.PENDING.value, Status.QUEUED.value]))
        .order_by(StageRun.order)
        .with_for_update()
    )
    for stage_run in waiting.all():
        await move(session, principal, stage_run, Status.CANCELLED, run_id=run.id)
