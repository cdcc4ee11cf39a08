"""The scheduler: admits waiting runs, starts stages, times runs out, settles what was lost. A loop around one step.

Several servers may run it: every step works under row locks, and passes over rows that another one holds.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.host import boot_id, host_name
from mltui.wire.states import Status
from mltui_server.db.database import Database
from mltui_server.db.notify import WORK, notifications
from mltui_server.engines.base import Engine
from mltui_server.executions.advance import advance
from mltui_server.executions.lost import settle_dead_here, settle_lost
from mltui_server.executions.models import Execution
from mltui_server.lib.principal import SYSTEM
from mltui_server.lib.problems import DATABASE_AWAY
from mltui_server.lib.tasks import stop
from mltui_server.metrics import removal as metric_removal
from mltui_server.runs import cancel
from mltui_server.runs import removal as run_removal
from mltui_server.runs.models import Run
from mltui_server.runs.transitions import LIVE_VALUES, move
from mltui_server.settings import Settings

TICK_S = 1.0
"""How long after its time a back-off, a deadline or a lost agent is noticed, at most."""
ADMISSION_LOCK = 0x6D6C7461

logger = structlog.get_logger(__name__)


class Scheduler:
    def __init__(self, database: Database, settings: Settings, engine: Engine | None) -> None:
        self._database, self._settings, self._engine = database, settings, engine
        self._wake = asyncio.Event()
        self._reachable_since: datetime | None = None
        """Leases ran out while nobody could renew them: count only the time in which agents were heard."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run in the background for as long as the block."""
        try:
            await settle_dead_here(self._database)
        except DATABASE_AWAY:
            logger.warning("could not look for work orphaned by a restart; its leases will tell")
        tasks = [asyncio.create_task(self._loop()), asyncio.create_task(self._listen())]
        try:
            yield
        finally:
            await stop(tasks)

    async def _listen(self) -> None:
        async for payload in notifications(self._database.dsn):
            if payload == WORK:
                self._wake.set()

    async def _loop(self) -> None:
        while True:
            try:
                await self.step()
            except DATABASE_AWAY as error:
                self._reachable_since = None
                logger.warning("the scheduler cannot reach the database", error=str(error).strip().splitlines()[0])
            except Exception:
                # One run that cannot be advanced must not stop the others for ever.
                logger.exception("the scheduler's step failed")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._wake.wait()
            self._wake.clear()

    async def step(self) -> None:
        """Do everything that can be done now."""
        now = datetime.now(UTC)
        self._reachable_since = self._reachable_since or now
        await settle_lost(self._database, now, self._reachable_since)
        await self._time_out(now)
        await self._purge(now)
        await self._admit(now)
        await self._advance(now)
        await self._launch(now)

    async def _time_out(self, now: datetime) -> None:
        async with self._database.session() as session:
            overdue = await session.scalars(
                select(Run)
                .where(Run.status == Status.RUNNING.value, Run.deadline_at <= now)
                .with_for_update(skip_locked=True)
            )
            for run in overdue.all():
                run.timed_out = True
                limit = (run.deadline_at - run.started_at).total_seconds() if run.deadline_at and run.started_at else 0
                await cancel.stop(session, SYSTEM, run, f"timed out after {limit:g} s")

    async def _purge(self, now: datetime) -> None:
        async with self._database.session() as session:
            await run_removal.purge(session, now)
            await metric_removal.purge(session, now)

    async def _admit(self, now: datetime) -> None:
        """Start the runs that have waited longest, while there are free places. Outside runs take no place."""
        async with self._database.session() as session:
            await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADMISSION_LOCK})
            waiting = await session.scalars(
                select(Run)
                .where(Run.status == Status.QUEUED.value)
                .order_by(Run.queued_at, Run.id)
                .limit(await self._free_places(session))
                .with_for_update(skip_locked=True)
            )
            for run in waiting.all():
                await self._start(session, run, now)

    async def _free_places(self, session: AsyncSession) -> int:
        busy = await session.scalar(
            select(func.count()).where(
                Run.status.in_([Status.RUNNING.value, Status.CANCELLING.value]), Run.stage_count > 0
            )
        )
        return max(0, self._settings.max_concurrent_pipelines - (busy or 0))

    async def _start(self, session: AsyncSession, run: Run, now: datetime) -> None:
        timeout_s = run.definition.get("timeout_s") or self._settings.pipeline_timeout
        run.deadline_at = now + timedelta(seconds=timeout_s)
        run.output_directory = str(self._settings.data_path / "runs" / str(run.id))
        await move(session, SYSTEM, run, Status.RUNNING, run_id=run.id, at=now)

    async def _advance(self, now: datetime) -> None:
        async with self._database.session() as session:
            active = await session.scalars(
                select(Run.id).where(
                    Run.status.in_([Status.RUNNING.value, Status.CANCELLING.value]), Run.stage_count > 0
                )
            )
        for run_id in active.all():
            async with self._database.session() as session:
                run = await session.scalar(select(Run).where(Run.id == run_id).with_for_update())
                if run is not None and run.status in LIVE_VALUES:
                    await advance(session, run, now, self._engine.name if self._engine else "none")

    async def _launch(self, now: datetime) -> None:
        """Start agents for executions that have none. After the commit that marks them: an agent claims at once."""
        if self._engine is None:
            return
        async with self._database.session() as session:
            due = await session.scalars(
                select(Execution)
                .where(
                    Execution.status == Status.QUEUED.value,
                    Execution.launched_at.is_(None),
                    Execution.engine == self._engine.name,
                )
                .order_by(Execution.id)
                .with_for_update(skip_locked=True)
            )
            launching = due.all()
            for execution in launching:
                execution.launched_at = now
        for execution in launching:
            if (pid := await self._engine.launch(str(execution.id))) is not None:
                await self._note_process(execution.id, pid)

    async def _note_process(self, execution_id: UUID, pid: int) -> None:
        """Whose process to look at while nobody claims it. An agent that was quicker said so itself."""
        unclaimed = update(Execution).where(Execution.id == execution_id, Execution.agent.is_(None))
        async with self._database.session() as session:
            await session.execute(unclaimed.values(host=host_name(), boot_id=boot_id(), agent_pid=pid))
