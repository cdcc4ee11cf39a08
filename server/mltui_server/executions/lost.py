"""Executions whose agent is gone: no heartbeat for a lease, never claimed, or dead on this very machine."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import psutil
import structlog
from sqlalchemy import or_, select

from mltui.wire.executions import LEASE_S
from mltui.wire.host import boot_id, host_name
from mltui.wire.states import LIVE, Status
from mltui_server.db.database import Database
from mltui_server.executions.models import Execution
from mltui_server.executions.outcome import Outcome
from mltui_server.executions.service import agent_lost, lock_for_change, settle
from mltui_server.lib.principal import SYSTEM
from mltui_server.lib.problems import DATABASE_AWAY

CLAIM_WITHIN_S = 30.0
"""An agent that was launched must have claimed its work by then."""

logger = structlog.get_logger(__name__)


async def settle_lost(database: Database, now: datetime, reachable_since: datetime) -> None:
    """Settle every execution that nobody will report on any more.

    Silence counts only from `reachable_since`: while the server or Postgres was away, no agent could be heard.
    """
    if now - reachable_since < timedelta(seconds=LEASE_S):
        return
    async with database.session() as session:
        silent = await session.execute(
            select(Execution.id, Execution.heartbeat_at).where(
                Execution.status.in_([Status.RUNNING.value, Status.CANCELLING.value, Status.QUEUED.value]),
                or_(
                    Execution.heartbeat_at < now - timedelta(seconds=LEASE_S),
                    (Execution.heartbeat_at.is_(None))
                    & (Execution.launched_at < now - timedelta(seconds=CLAIM_WITHIN_S)),
                ),
            )
        )
    for execution_id, heard in silent.all():
        detail = f"not heard for {LEASE_S:g} s" if heard else f"it did not begin within {CLAIM_WITHIN_S:g} s"
        await settle_one(database, str(execution_id), detail, silent_since=heard)


async def settle_dead_here(database: Database) -> None:
    """At start: settle at once what ran on this machine under an agent that is dead, or before a reboot."""
    async with database.session() as session:
        rows = await session.execute(
            select(Execution.id, Execution.agent_pid, Execution.boot_id, Execution.heartbeat_at).where(
                Execution.status.in_([status.value for status in LIVE]),
                Execution.host == host_name(),
                Execution.agent_pid.is_not(None),
            )
        )
    for row in rows.all():
        if row.boot_id != boot_id():
            await settle_one(database, str(row.id), "the machine was restarted", silent_since=row.heartbeat_at)
        elif not await asyncio.to_thread(_lives, row.agent_pid):
            await settle_one(database, str(row.id), "its process is gone", silent_since=row.heartbeat_at)


def _lives(pid: int) -> bool:
    """A zombie does not: where nobody reaps orphans, as in many containers, dead agents stay as such."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def settle_one(
    database: Database,
    execution_id: str,
    detail: str,
    *,
    silent_since: datetime | None = None,
    exited: bool = False,
) -> None:
    """Settle one execution as lost, unless it ended, or (where it may have `exited` but was not seen to) was heard."""
    async with database.session() as session:
        execution = await lock_for_change(session, execution_id)
        if Status(execution.status) not in LIVE or not (exited or execution.heartbeat_at == silent_since):
            return
        logger.warning("agent lost", execution=execution_id, detail=detail)
        outcome = agent_lost(execution, detail)
        if execution.status == Status.QUEUED.value and execution.stage_run_id is not None:
            outcome = Outcome(Status.FAILED, f"no agent began it ({detail})")
        await settle(session, SYSTEM, execution, outcome)


def settle_exited(database: Database) -> Callable[[str, str], Awaitable[None]]:
    """For an engine that sees its agents' processes end: settle what an agent left unsettled."""

    async def exited(execution_id: str, detail: str) -> None:
        try:
            await settle_one(database, execution_id, detail, exited=True)
        except DATABASE_AWAY:
            logger.warning("could not settle an agent's exit; its lease will tell", execution=execution_id)

    return exited
