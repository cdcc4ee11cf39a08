"""Connections to Postgres: an SQLAlchemy engine for the slices, a plain psycopg pool for the two hot paths."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self
from weakref import WeakKeyDictionary

import psycopg
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from mltui_server.db.base import DELETED_TOO, Recoverable

POOL_SIZE = 10
POOL_OVERFLOW = 10
HOT_POOL_SIZE = 16
"""Commits wait for the disk together: sixteen connections commit 2.4 times as much as one."""
WAIT_S = 10.0
CHECK_EVERY_S = 1.0
"""A check is a round trip, as dear as the insert that follows: a busy connection skips it. One that Postgres has cut
meanwhile is a 503, which writers try again."""

_checked: WeakKeyDictionary[psycopg.AsyncConnection[Any], float] = WeakKeyDictionary()


async def _check_idle(connection: psycopg.AsyncConnection[Any]) -> None:
    now = time.monotonic()
    if now - _checked.get(connection, -CHECK_EVERY_S) >= CHECK_EVERY_S:
        await AsyncConnectionPool.check_connection(connection)
        _checked[connection] = now


class _Session(Session):
    """Does not see what is deleted."""


@event.listens_for(_Session, "do_orm_execute")
def _hide_deleted(state: ORMExecuteState) -> None:
    if state.is_select and not state.is_column_load and not state.execution_options.get(DELETED_TOO):
        there = with_loader_criteria(Recoverable, lambda cls: cls.deleted_at.is_(None), include_aliases=True)
        state.statement = state.statement.options(there)


def sqlalchemy_url(dsn: str) -> str:
    """The same address, as SQLAlchemy wants it: with the driver's name."""
    return dsn.replace("postgres://", "postgresql://", 1).replace("postgresql://", "postgresql+psycopg://", 1)


class Database:
    """Everything that talks to Postgres goes through one of these. `dsn` is a libpq URL."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.engine = create_async_engine(
            sqlalchemy_url(dsn),
            # Without it, the first request after a Postgres restart is a 500.
            pool_pre_ping=True,
            pool_size=POOL_SIZE,
            max_overflow=POOL_OVERFLOW,
            pool_timeout=WAIT_S,
            connect_args={"connect_timeout": int(WAIT_S)},
        )
        self._maker = async_sessionmaker(self.engine, sync_session_class=_Session, expire_on_commit=False)
        self.pool = AsyncConnectionPool(
            dsn,
            min_size=1,
            max_size=HOT_POOL_SIZE,
            timeout=WAIT_S,
            open=False,
            kwargs={"autocommit": True},
            check=_check_idle,
        )

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A session in a transaction: committed at the end of the block, rolled back on an exception."""
        async with self._maker() as session, session.begin():
            yield session

    async def __aenter__(self) -> Self:
        await self.pool.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.pool.close()
        await self.engine.dispose()
