"""Executions whose agent is gone: no heartbeat for a lease, never claimed, or dead on this very machine."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import psutil
import structlog
from sqlalchemy import Row, select

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
"""An agent whose process nobody knows must have claimed its work by then."""
CLAIM_AT_LAST_S = 600.0
"""One whose process lives is waited for as long: on a machine under load, starting alone may take minutes."""

PROCESS = (Execution.id, Execution.host, Execution.boot_id, Execution.agent_pid)

logger = structlog.get_logger(__name__)


async def settle_lost(database: Database, now: datetime, reachable_since: datetime) -> None:
    """Settle every execution that nobody will report on any more.

    Silence counts only from `reachable_since`: while the server or Postgres was away, no agent could be heard.
    """
    if now - reachable_since < timedelta(seconds=LEASE_S):
        return
    await _settle_silent(database, now)
    await _settle_unclaimed(database, now)


async def _settle_silent(database: Database, now: datetime) -> None:
    async with database.session() as session:
        silent = await session.execute(
            select(Execution.id, Execution.heartbeat_at).where(
                Execution.status.in_([Status.RUNNING.value, Status.CANCELLING.value]),
                Execution.heartbeat_at < now - timedelta(seconds=LEASE_S),
            )
        )
    for execution_id, heard in silent.all():
        await settle_one(database, str(execution_id), f"not heard for {LEASE_S:g} s", silent_since=heard)


async def _settle_unclaimed(database: Database, now: datetime) -> None:
    async with database.session() as session:
        rows = await session.execute(
            select(*PROCESS, Execution.launched_at).where(
                Execution.status == Status.QUEUED.value,
                Execution.heartbeat_at.is_(None),
                Execution.launched_at < now - timedelta(seconds=CLAIM_WITHIN_S),
            )
        )
    for row in rows.all():
        limit = CLAIM_WITHIN_S if row.agent_pid is None else CLAIM_AT_LAST_S
        late = f"it did not begin within {limit:g} s" if row.launched_at < now - timedelta(seconds=limit) else None
        if (detail := late or await _death_here(row)) is not None:
            await settle_one(database, str(row.id), detail)


async def settle_dead_here(database: Database) -> None:
    """At start: settle at once what ran on this machine under an agent that is dead, or before a reboot."""
    async with database.session() as session:
        rows = await session.execute(
            select(*PROCESS, Execution.heartbeat_at).where(
                Execution.status.in_([status.value for status in LIVE]),
                Execution.host == host_name(),
                Execution.agent_pid.is_not(None),
            )
        )
    for row in rows.all():
        if (detail := await _death_here(row)) is not None:
            await settle_one(database, str(row.id), detail, silent_since=row.heartbeat_at)


async def _death_here(row: Row[*tuple[Any, ...]]) -> str | None:
    """How the agent's process ended, by its PROCESS. None while it lives, and for one of another machine."""
    if row.agent_pid is None or row.host != host_name():
        return None
    if row.boot_id != boot_id():
        return "the machine was restarted"
    return None if await asyncio.to_thread(_lives, row.agent_pid) else "its process is gone"


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
