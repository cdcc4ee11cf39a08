"""What agents say: claiming work, heartbeats, how it ended. And what follows from it for stage runs and runs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import UNSET, UnsetType
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.executions import (
    CANCEL_GRACE_S,
    HEARTBEAT_EVERY_S,
    Claim,
    CreateExecution,
    ExecutionRow,
    Finish,
    Heartbeat,
    Orders,
    Work,
)
from mltui.wire.runs import CreateRun
from mltui.wire.states import ENDED, LIVE, Status
from mltui_server.executions.late import hear_late
from mltui_server.executions.models import Execution
from mltui_server.executions.outcome import LOST, Outcome, outcome_of
from mltui_server.executions.queries import execution_row
from mltui_server.executions.reason import reason_said
from mltui_server.lib.errors import Conflict, NotFound
from mltui_server.lib.ids import parse_id
from mltui_server.lib.principal import Principal
from mltui_server.runs import service as runs
from mltui_server.runs.models import Run, StageRun
from mltui_server.runs.plan import backoff_s
from mltui_server.runs.transitions import move
from mltui_server.samples.models import RunSeries

OUTSIDE = "outside"
"""The engine of what `mltui exec` runs in somebody's shell."""
MAIN_SCOPE = "main"


async def find(session: AsyncSession, key: str, *, lock: bool = False) -> Execution:
    """The execution with this id. Raises NotFound."""
    statement = select(Execution).where(Execution.id == parse_id("execution", key))
    execution = await session.scalar(statement.with_for_update() if lock else statement)
    if execution is None:
        raise NotFound("execution", key)
    return execution


async def lock_for_change(session: AsyncSession, key: str) -> Execution:
    """The execution, its run locked before it: everybody locks in this order, so nobody deadlocks."""
    execution = await find(session, key)
    await session.execute(select(Run.id).where(Run.id == execution.run_id).with_for_update())
    return await session.get_one(Execution, execution.id, with_for_update=True, populate_existing=True)


async def begin_outside(session: AsyncSession, principal: Principal, request: CreateExecution) -> Work:
    """Register a command that somebody's agent runs already, and its run. Idempotent by both ids."""
    execution_id = parse_id("execution", request.id)
    if (known := await session.get(Execution, execution_id)) is not None:
        return _work(known)
    run = await runs.register(
        session,
        principal,
        CreateRun(
            id=request.run_id,
            name=request.run_name,
            pipeline=request.pipeline,
            tags=request.tags,
            started_at=request.started_at,
        ),
    )
    execution = Execution(
        id=execution_id, run_id=run.id, scope=MAIN_SCOPE, engine=OUTSIDE, status=Status.QUEUED.value,
        attempt_number=1, command=request.command, directory=request.directory, env={}, host=request.host,
        boot_id=request.boot_id, agent_pid=request.agent_pid, heartbeat_at=datetime.now(UTC),
        launched_at=request.started_at,
    )  # fmt: skip
    session.add(execution)
    await session.flush()
    await move(session, principal, execution, Status.RUNNING, run_id=run.id, at=request.started_at)
    return _work(execution)


async def claim(session: AsyncSession, principal: Principal, key: str, request: Claim) -> Work:
    """Give the work to the first agent that asks. Raises Conflict for every other, and when it is no longer wanted."""
    execution = await lock_for_change(session, key)
    if execution.agent == request.agent and Status(execution.status) in LIVE:
        return _work(execution)
    if execution.agent is not None:
        raise Conflict(f"execution {key} was claimed by another agent")
    execution.agent = request.agent
    execution.host, execution.boot_id, execution.agent_pid = request.host, request.boot_id, request.agent_pid
    execution.heartbeat_at = datetime.now(UTC)
    await move(session, principal, execution, Status.RUNNING, run_id=execution.run_id)
    if execution.stage_run_id is not None:
        stage_run = await session.get_one(StageRun, execution.stage_run_id, with_for_update=True)
        await move(session, principal, stage_run, Status.RUNNING, run_id=execution.run_id)
    return _work(execution)


async def heartbeat(session: AsyncSession, key: str, request: Heartbeat) -> Orders:
    """Renew the lease. Raises Conflict when the execution has ended: the agent must stop its command.

    One statement: every running command asks once a second.
    """
    values: dict[str, object] = {"heartbeat_at": func.clock_timestamp()}
    if request.pid is not None:
        values["pid"] = request.pid
    if request.started_at is not UNSET:
        values["started_at"] = func.coalesce(Execution.started_at, request.started_at)
    row = (
        await session.execute(
            update(Execution)
            .where(Execution.id == parse_id("execution", key))
            .values(values)
            .returning(Execution.status, Execution.error_message)
        )
    ).one_or_none()
    if row is None:
        raise NotFound("execution", key)
    if Status(row.status) in ENDED:
        raise Conflict(f"execution {key} is {row.status}: {row.error_message or 'it has ended'}")
    return Orders(cancel=row.status == Status.CANCELLING.value)


async def finish(session: AsyncSession, principal: Principal, key: str, request: Finish) -> ExecutionRow:
    """Settle an execution by what its agent saw. The first word counts; of one that was lost, it says how it ended."""
    execution = await lock_for_change(session, key)
    if Status(execution.status) in ENDED:
        await hear_late(session, principal, execution, request)
    else:
        execution.exit_code, execution.signal = request.exit_code, request.signal
        execution.oom_killed = request.oom_killed
        execution.memory_usage, execution.cpu_usage = request.memory_peak, request.cpu_peak
        if not isinstance(request.started_at, UnsetType):
            execution.started_at = request.started_at
        at = None if isinstance(request.completed_at, UnsetType) else request.completed_at
        outcome = outcome_of(request, execution.timeout_s)
        if request.exit_code and (said := await reason_said(session, execution.run_id)):
            outcome = replace(outcome, error=f"{outcome.error}: {said}")
        await settle(session, principal, execution, outcome, at=at, output_data=request.output_data)
    return execution_row(execution)


async def settle(
    session: AsyncSession,
    principal: Principal,
    execution: Execution,
    outcome: Outcome,
    *,
    at: datetime | None = None,
    output_data: dict[str, object] | None = None,
) -> None:
    """End the execution, and what hangs on it: its stage run's next attempt or end, or its outside run's end.

    The caller holds the run's and the execution's lock.
    """
    if execution.memory_usage is None or execution.cpu_usage is None:
        await _peaks_from_samples(session, execution)
    if execution.status == Status.QUEUED.value and outcome.status is Status.COMPLETED:
        # Ended before its claim was seen: only an outside one can, and it did run.
        await move(session, principal, execution, Status.RUNNING, run_id=execution.run_id, at=execution.started_at)
    await move(session, principal, execution, outcome.status, run_id=execution.run_id, at=at, error=outcome.error)
    run = await session.get_one(Run, execution.run_id)
    run.max_memory_usage = _greatest(run.max_memory_usage, execution.memory_usage)
    run.max_cpu_usage = _greatest(run.max_cpu_usage, execution.cpu_usage)
    if execution.stage_run_id is None:
        if Status(run.status) not in ENDED:
            await move(session, principal, run, outcome.status, run_id=run.id, at=at, error=outcome.error)
    else:
        stage_run = await session.get_one(StageRun, execution.stage_run_id, with_for_update=True)
        if output_data:
            stage_run.output_data = {**stage_run.output_data, **output_data}
        await _settle_stage(session, principal, run, stage_run, execution, outcome, at)


async def _settle_stage(
    session: AsyncSession,
    principal: Principal,
    run: Run,
    stage_run: StageRun,
    execution: Execution,
    outcome: Outcome,
    at: datetime | None,
) -> None:
    stage_run.memory_usage = _greatest(stage_run.memory_usage, execution.memory_usage)
    stage_run.cpu_usage = _greatest(stage_run.cpu_usage, execution.cpu_usage)
    another = (
        outcome.status is Status.FAILED
        and stage_run.attempt_number < stage_run.max_attempts
        and run.status == Status.RUNNING.value
        and stage_run.status in (Status.QUEUED.value, Status.RUNNING.value)
    )
    if another:
        spec = next(s for s in run.definition["stages"] if s["name"] == stage_run.name)
        wait = backoff_s(spec["backoff_s"], stage_run.attempt_number)
        stage_run.next_attempt_at = datetime.now(UTC) + timedelta(seconds=wait)
        message = f"attempt {stage_run.attempt_number} of {stage_run.max_attempts} failed: {outcome.error}"
        await move(
            session, principal, stage_run, Status.PENDING, run_id=run.id, error=outcome.error,
            message=f"{message}; next in {wait:g} s",
        )  # fmt: skip
        return
    if outcome.status is Status.COMPLETED:
        stage_run.error_message = None  # of an earlier attempt
        run.success_count = Run.success_count + 1
    elif outcome.status is Status.FAILED:
        run.failed_count = Run.failed_count + 1
    await move(session, principal, stage_run, outcome.status, run_id=run.id, at=at, error=outcome.error)


async def _peaks_from_samples(session: AsyncSession, execution: Execution) -> None:
    """What an agent reported no peak of (it was lost, or the command too short), its samples may tell."""
    prefix = f"sys/{execution.scope}/process/"
    rows = await session.execute(
        select(RunSeries.key, RunSeries.max).where(
            RunSeries.run_id == execution.run_id,
            RunSeries.key.in_([prefix + "memory_bytes", prefix + "cpu_percent"]),
        )
    )
    peaks = {key: value for key, value in rows}
    if execution.memory_usage is None:
        execution.memory_usage = peaks.get(prefix + "memory_bytes")
    if execution.cpu_usage is None:
        execution.cpu_usage = peaks.get(prefix + "cpu_percent")


def _greatest(*values: float | None) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _work(execution: Execution) -> Work:
    return Work(
        execution_id=str(execution.id),
        run_id=str(execution.run_id),
        scope=execution.scope,
        attempt_number=execution.attempt_number,
        command=execution.command,
        directory=execution.directory,
        env=execution.env,
        timeout_s=execution.timeout_s,
        grace_s=CANCEL_GRACE_S,
        heartbeat_s=HEARTBEAT_EVERY_S,
    )


def agent_lost(execution: Execution, detail: str) -> Outcome:
    """What becomes of an execution whose agent is gone: failed, or cancelled if that is what it was about to be."""
    if execution.status == Status.CANCELLING.value:
        return Outcome(Status.CANCELLED, f"{LOST} while cancelling ({detail})")
    return Outcome(Status.FAILED, f"{LOST} ({detail})")


async def live_executions(session: AsyncSession, run_id: UUID) -> list[Execution]:
    return list(
        await session.scalars(
            select(Execution)
            .where(Execution.run_id == run_id, Execution.status.in_([status.value for status in LIVE]))
            .order_by(Execution.id)
            .with_for_update()
        )
    )
