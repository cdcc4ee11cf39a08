"""Moving runs, stage runs, executions and ingestion jobs from state to state: checked, timed and recorded, here."""

from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.states import ENDED, LIVE, Status, check_transition
from mltui_server.db.notify import CHANNEL, WORK
from mltui_server.events.service import record
from mltui_server.ingestion.models import IngestionJob
from mltui_server.lib.durations import seconds_between
from mltui_server.lib.principal import Principal
from mltui_server.runs.models import Run

VERBS = {
    Status.PENDING: "back_off",
    Status.QUEUED: "queue",
    Status.RUNNING: "start",
    Status.CANCELLING: "cancel",
    Status.COMPLETED: "complete",
    Status.FAILED: "fail",
    Status.CANCELLED: "cancelled",
    Status.SKIPPED: "skip",
}
LIVE_VALUES = [status.value for status in LIVE]


class Moving(Protocol):
    """What a run, a stage run, an execution and an ingestion job have in common."""

    __tablename__: str
    id: Any
    status: Any
    started_at: Any
    completed_at: Any
    execution_time: Any
    error_message: Any


async def move(
    session: AsyncSession,
    principal: Principal,
    thing: Moving,
    wanted: Status,
    *,
    run_id: UUID | None,
    at: datetime | None = None,
    error: str | None = None,
    message: str = "",
    after: dict[str, Any] | None = None,
) -> None:
    """Put `thing` into the state `wanted`, at the time `at` (now). The caller holds its row's lock.

    `after` is what else the event says. Raises IllegalTransition naming both states.
    """
    current = Status(thing.status)
    check_transition(_called(thing), current, wanted)
    at = at or datetime.now(UTC)
    thing.status = wanted.value
    if wanted is Status.RUNNING and thing.started_at is None:
        thing.started_at = at
    if wanted in ENDED:
        thing.completed_at = at
        thing.execution_time = seconds_between(thing.started_at, at)
    if error is not None:
        thing.error_message = error
    await session.flush()
    await record(
        session,
        principal,
        f"{thing.__tablename__}.{VERBS[wanted]}",
        thing.id,
        run_id=run_id,
        before={"status": current.value},
        after={"status": wanted.value} | ({"error_message": error} if error else {}) | (after or {}),
        message=message or error or "",
    )
    if thing.__tablename__ == Run.__tablename__:
        await _take_jobs_along(session, principal, thing.id, wanted, at, error)
    await wake_scheduler(session)


def _called(thing: Moving) -> str:
    if isinstance(thing, IngestionJob):
        return f"ingestion job {thing.name!r}"
    return f"{thing.__tablename__.replace('_', ' ')} {thing.id}"


async def _take_jobs_along(
    session: AsyncSession, principal: Principal, run_id: UUID, wanted: Status, at: datetime, error: str | None
) -> None:
    """An ingestion job is where its run is, unless it said before how it ended."""
    live = select(IngestionJob).where(IngestionJob.run_id == run_id, IngestionJob.status.in_(LIVE_VALUES))
    for job in await session.scalars(live.with_for_update()):
        if wanted is Status.COMPLETED:
            error = "its run completed without making a dataset"
            await move(session, principal, job, Status.FAILED, run_id=run_id, at=at, error=error)
        elif wanted.value != job.status:
            await move(session, principal, job, wanted, run_id=run_id, at=at, error=error)


async def wake_scheduler(session: AsyncSession) -> None:
    """Have every server's scheduler look again once this transaction commits."""
    await session.execute(select(func.pg_notify(CHANNEL, WORK)))
