"""What an agent tells that had been given up for lost: it was starved or cut off, and its command ended by itself."""

from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.executions import Finish
from mltui_server.events.service import record
from mltui_server.executions.models import Execution
from mltui_server.executions.outcome import HEARD, LOST, outcome_of
from mltui_server.lib.principal import Principal
from mltui_server.runs.models import Run, StageRun


async def hear_late(session: AsyncSession, principal: Principal, execution: Execution, request: Finish) -> None:
    """Keep how the command ended. Its status stays: others have gone by it.

    What the agent stopped itself, once it heard that it had been given up, says nothing. The caller holds the lock.
    """
    if request.cancelled or not (execution.error_message or "").startswith(LOST) or _is_known(execution):
        return
    execution.exit_code, execution.signal, execution.oom_killed = request.exit_code, request.signal, request.oom_killed
    execution.memory_usage = request.memory_peak or execution.memory_usage
    execution.cpu_usage = request.cpu_peak or execution.cpu_usage
    lost, ended = execution.error_message, outcome_of(request, execution.timeout_s)
    message = f"{lost}; {HEARD}: {ended.error or 'it completed'}"
    execution.error_message = message
    if execution.stage_run_id is not None:
        shown: Run | StageRun = await session.get_one(StageRun, execution.stage_run_id, with_for_update=True)
    else:
        shown = await session.get_one(Run, execution.run_id)
    if shown.error_message == lost:
        shown.error_message = message
    await record(
        session, principal, "execution.hear", execution.id, run_id=execution.run_id,
        before={"error_message": lost}, after={"error_message": message},
    )  # fmt: skip


def _is_known(execution: Execution) -> bool:
    return execution.exit_code is not None or execution.signal is not None
