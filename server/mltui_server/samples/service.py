"""The samples of a server: its inbox, its store, and what moves the one into the other."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.health import Component
from mltui.wire.samples import InboxState
from mltui_server.db.database import Database
from mltui_server.lib.tasks import stop
from mltui_server.samples.duckdb_store import FILE, DuckDBStore
from mltui_server.samples.flusher import LOCK as FLUSHER_LOCK
from mltui_server.samples.flusher import Flusher
from mltui_server.samples.inbox import DELAYED_S, Inbox
from mltui_server.samples.influx.access import Retention, access_from
from mltui_server.samples.influx.store import InfluxStore
from mltui_server.samples.models import SampleDeletion
from mltui_server.samples.store import SampleStore, StoreError, WrongAddress
from mltui_server.settings import Settings

logger = structlog.get_logger(__name__)

HEALTH_TIMEOUT_S = 2.5
LET_GO_S = 5.0
FREE = "SELECT CASE WHEN pg_try_advisory_lock(%s) THEN pg_advisory_unlock(%s) ELSE false END"
"""Whether no flusher works on this database."""


@dataclass(frozen=True)
class Samples:
    store: SampleStore
    inbox: Inbox
    flusher: Flusher

    async def health(self) -> list[Component]:
        """The store and the inbox."""
        inbox = self.inbox.health()
        if self.flusher.trouble and self.flusher.trouble not in inbox.detail:
            inbox.status = "down" if inbox.status == "down" else "degraded"
            inbox.detail += f"; they do not move: {self.flusher.trouble}"
        return [await self._store_health(), inbox]

    async def say_if_away(self) -> None:
        """Who starts a server with a wrong token should not have to ask. Raises WrongAddress."""
        try:
            await self.store.points.answer()
        except WrongAddress:
            raise
        except StoreError:
            pass  # said below
        store = await self._store_health()
        if store.status != "ok":
            logger.warning("the sample store cannot be used", reason=store.detail)

    def waiting(self) -> InboxState:
        age = self.inbox.age_s
        return InboxState(
            waiting=self.inbox.depth,
            oldest_s=round(age, 1),
            capacity=self.inbox.capacity,
            delayed=age > DELAYED_S,
            trouble=self.flusher.trouble,
        )

    async def _store_health(self) -> Component:
        try:
            async with asyncio.timeout(HEALTH_TIMEOUT_S):
                return await self.store.health()
        except StoreError as error:
            return Component(name="samples", status="down", detail=str(error))
        except TimeoutError:
            return Component(name="samples", status="degraded", detail=f"no answer within {HEALTH_TIMEOUT_S:g} s")


def open_store(settings: Settings) -> SampleStore:
    """InfluxDB where the settings name one, else the embedded store."""
    if settings.influx_url:
        retention = Retention(
            settings.influx_retention, settings.influx_resource_retention, settings.influx_rollup_retention
        )
        return InfluxStore(access_from(settings), retention)
    return DuckDBStore(settings.data_path / FILE, settings.duckdb_memory)


@contextlib.asynccontextmanager
async def samples_service(settings: Settings, database: Database) -> AsyncIterator[Samples]:
    """The store opened, the flusher running; both stopped at the end.

    Raises StoreError if another server has it or something else is at its address, SettingsError if that is none.
    """
    await _refuse_second(database)
    store = open_store(settings)
    disk = "the disk of Postgres" if settings.database_url else f"the disk of {settings.data_path}"
    inbox = Inbox(database.pool, settings.inbox_max_samples, disk)
    flusher = Flusher(database.dsn, store, inbox)
    try:
        samples = Samples(store, inbox, flusher)
        await samples.say_if_away()
        async with _running(flusher.run(), inbox.measure()):
            yield samples
    finally:
        await store.close()


async def _refuse_second(database: Database) -> None:
    """Two servers on one database, each with a store of its own, would share the samples out between them.

    One that was killed a moment ago is given the time that Postgres takes to notice.
    """
    deadline = time.monotonic() + LET_GO_S
    while True:
        async with database.pool.connection() as connection:
            row = await (await connection.execute(FREE, [FLUSHER_LOCK, FLUSHER_LOCK])).fetchone()
        if row is not None and row[0]:
            return
        if time.monotonic() > deadline:
            raise StoreError(
                "another server works on this database, and keeps its samples and logs in its own data folder; "
                "stop that one first, or give this one another database"
            )
        await asyncio.sleep(0.2)


@contextlib.asynccontextmanager
async def _running(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        await stop(tasks)


async def forget_run(session: AsyncSession, run: UUID) -> None:
    """Have the run's samples deleted from the store, in the background, once this transaction has deleted the run."""
    await session.execute(insert(SampleDeletion).values(run_id=run).on_conflict_do_nothing())
