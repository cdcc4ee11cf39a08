"""Reading executions."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.executions import ExecutionRow
from mltui.wire.states import Status
from mltui_server.executions.models import Execution
from mltui_server.lib.durations import seconds_between


def latest_execution_id(stage_run_id: ColumnElement[Any]) -> ColumnElement[Any]:
    """The id of a stage run's latest attempt, as a column."""
    return (
        select(Execution.id)
        .where(Execution.stage_run_id == stage_run_id)
        .order_by(Execution.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def log_path(execution_id: UUID | None) -> str | None:
    """Where the execution's log is, in this API."""
    return f"/api/v1/executions/{execution_id}/log" if execution_id else None


async def executions_of(session: AsyncSession, run_id: UUID) -> list[ExecutionRow]:
    """All attempts of a run, oldest first."""
    rows = await session.scalars(select(Execution).where(Execution.run_id == run_id).order_by(Execution.id))
    return [execution_row(row) for row in rows]


def execution_row(execution: Execution) -> ExecutionRow:
    return ExecutionRow(
        id=str(execution.id),
        run_id=str(execution.run_id),
        stage_run_id=str(execution.stage_run_id) if execution.stage_run_id else None,
        scope=execution.scope,
        attempt_number=execution.attempt_number,
        engine=execution.engine,
        status=Status(execution.status),
        command=execution.command,
        directory=execution.directory,
        host=execution.host,
        pid=execution.pid,
        exit_code=execution.exit_code,
        signal=execution.signal,
        oom_killed=execution.oom_killed,
        error_message=execution.error_message,
        started_at=execution.started_at,
        completed_at=execution.completed_at,
        execution_time=seconds_between(execution.started_at, execution.completed_at),
        memory_usage=execution.memory_usage,
        cpu_usage=execution.cpu_usage,
        log_lines=execution.log_lines,
        log_bytes=execution.log_bytes,
        created_at=execution.created_at,
        updated_at=execution.updated_at,
    )
