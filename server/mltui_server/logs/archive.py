"""The archive: finished logs move out of Postgres into the artifact store.

A log is one object of zstd frames, each a msgpack array of records; `zstd -d` makes one msgpack stream of it. The
object is written first, whole, under its final name; then one transaction puts index rows in the place of the bodies.
What comes after that is added at the next round: the object is written again with its old frames in front, byte for
byte, so that the old index is true of both. A crash in between leaves frames that no index names; the next round
writes over them.

Who moves a log holds an advisory lock on its object, not a row: a transaction that locks rows would hold back every
reader of events for as long as the object takes to write.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import structlog
import zstandard
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from mltui.wire.counting import counted
from mltui.wire.health import Component
from mltui.wire.logs import LogRecord
from mltui.wire.states import ENDED
from mltui_server.artifacts.object_deletion import sweep
from mltui_server.artifacts.store import ArtifactStore, StoreError
from mltui_server.logs.reading import unpack

SETTLED_S = 5.0
"""A log is moved once nothing has come for this long after its execution ended."""
LOOK_EVERY_S = 2.0
LONGEST_DELAY_S = 30.0
FRAME_BYTES = 1 << 20
LEVEL = 3

ENDED_VALUES = [status.value for status in ENDED]
Connection = psycopg.AsyncConnection[tuple[Any, ...]]
logger = structlog.get_logger(__name__)

# Walks from one execution to the next in the index: its cost is the number of logs that wait, not of their chunks.
WAITING = """
WITH RECURSIVE hot (execution_id) AS (
    (SELECT execution_id FROM log_chunk WHERE body IS NOT NULL ORDER BY execution_id LIMIT 1)
    UNION ALL
    SELECT (SELECT c.execution_id FROM log_chunk c WHERE c.body IS NOT NULL AND c.execution_id > hot.execution_id
            ORDER BY c.execution_id LIMIT 1)
    FROM hot WHERE hot.execution_id IS NOT NULL)
SELECT id, run_id FROM execution JOIN hot ON id = execution_id
WHERE status = ANY(%(ended)s) AND updated_at < now() - make_interval(secs => %(settled)s)"""
# The path as in object_path. Materialized: locks are tried one by one, until one is had.
CLAIM = f"""
WITH waiting AS MATERIALIZED ({WAITING})
SELECT id, run_id FROM waiting
WHERE pg_try_advisory_xact_lock(hashtextextended('logs/' || run_id || '/' || id || '.zst', 0)) LIMIT 1"""
ARCHIVED = 'SELECT coalesce(max("offset" + stored_size), 0)::bigint FROM log_chunk WHERE execution_id = %s'
NEXT = """
SELECT first_line, first_byte, body FROM log_chunk
WHERE execution_id = %s AND body IS NOT NULL AND first_line > %s ORDER BY first_line LIMIT 1"""
LOCK = "SELECT id FROM execution WHERE id = %s FOR NO KEY UPDATE"
# What came while the object was written stays for the next round.
MOVED = "DELETE FROM log_chunk WHERE execution_id = %s AND body IS NOT NULL AND first_line < %s"
INDEX = """
INSERT INTO log_chunk (execution_id, first_line, lines, first_byte, raw_size, "offset", stored_size)
VALUES (%s, %s, %s, %s, %s, %s, %s)"""


@dataclass(frozen=True)
class Frame:
    """A row of the index."""

    first_line: int
    lines: int
    first_byte: int
    raw_size: int
    offset: int
    stored_size: int


def object_path(run_id: UUID, execution_id: UUID) -> str:
    """Where an execution's log is in the artifact store."""
    return f"logs/{run_id}/{execution_id}.zst"


async def archive_next(pool: AsyncConnectionPool, store: ArtifactStore, settled_s: float = SETTLED_S) -> UUID | None:
    """Move one log that is finished; None when there is none, or other servers are at them. Raises StoreError."""
    async with pool.connection() as connection, connection.transaction():
        claim = await connection.execute(CLAIM, {"ended": ENDED_VALUES, "settled": settled_s})
        if (row := await claim.fetchone()) is None:
            return None
        execution_id: UUID = row[0]
        path = object_path(row[1], execution_id)
        # Another server may have moved it between our look and our lock.
        if not await _fetch(connection, NEXT, execution_id, -1):
            return None
        index = await _write_object(connection, store, execution_id, path)
        if not await _fetch(connection, LOCK, execution_id):
            await store.delete(path)  # Its run was deleted meanwhile.
            return None
        await _replace_bodies(connection, execution_id, path, index)
        return execution_id


async def _write_object(connection: Connection, store: ArtifactStore, execution_id: UUID, path: str) -> list[Frame]:
    kept: int = (await _fetch(connection, ARCHIVED, execution_id))[0]
    index: list[Frame] = []

    async def body() -> AsyncIterator[bytes]:
        for start in range(0, kept, FRAME_BYTES):
            yield await store.get_range(path, start, min(FRAME_BYTES, kept - start))
        offset = kept
        async for first_line, first_byte, records in _frames(connection, execution_id):
            stored = await asyncio.to_thread(_pack, records)
            size = sum(len(record.body) for record in records)
            index.append(Frame(first_line, len(records), first_byte, size, offset, len(stored)))
            offset += len(stored)
            yield stored

    await store.put(path, body())
    return index


async def _frames(connection: Connection, execution_id: UUID) -> AsyncIterator[tuple[int, int, list[LogRecord]]]:
    """The records that are in Postgres, FRAME_BYTES together, each time with the first one's line and byte."""
    gathered: list[LogRecord] = []
    gathered_bytes = first_line = first_byte = 0
    reached = -1
    while True:
        row = await _fetch(connection, NEXT, execution_id, reached)
        if not row:
            break
        reached, byte, body = row
        if not gathered:
            first_line, first_byte = reached, byte
        records = await asyncio.to_thread(unpack, body)
        gathered += records
        gathered_bytes += sum(len(record.body) for record in records)
        if gathered_bytes >= FRAME_BYTES:
            yield first_line, first_byte, gathered
            gathered, gathered_bytes = [], 0
    if gathered:
        yield first_line, first_byte, gathered


async def _replace_bodies(connection: Connection, execution_id: UUID, path: str, index: list[Frame]) -> None:
    end = index[-1].first_line + index[-1].lines
    await connection.execute(MOVED, [execution_id, end])
    async with connection.cursor() as cursor:
        await cursor.executemany(
            INDEX,
            [(execution_id, f.first_line, f.lines, f.first_byte, f.raw_size, f.offset, f.stored_size) for f in index],
        )
    await connection.execute("UPDATE execution SET log_object = %s WHERE id = %s", [path, execution_id])


def _pack(records: list[LogRecord]) -> bytes:
    return zstandard.ZstdCompressor(level=LEVEL).compress(msgspec.msgpack.encode(records))


async def _fetch(connection: Connection, query: str, *values: object) -> tuple[Any, ...]:
    """The first row; empty when there is none."""
    async with connection.cursor(binary=True) as cursor:
        return await (await cursor.execute(query, values)).fetchone() or ()


class Archivist:
    """Moves logs and sweeps objects for ever, over outages of Postgres and of the store."""

    def __init__(self, pool: AsyncConnectionPool, store: ArtifactStore) -> None:
        self._pool, self._store = pool, store
        self.trouble = ""
        """Why logs do not move; empty while they do."""

    async def run(self) -> None:
        delay = LOOK_EVERY_S
        while True:
            try:
                while await archive_next(self._pool, self._store):
                    pass
                await sweep(self._pool, self._store)
                self.trouble, delay = "", LOOK_EVERY_S
            except (psycopg.Error, PoolTimeout, StoreError) as error:
                self.trouble = (str(error).strip() or type(error).__name__).splitlines()[0]
                logger.warning("finished logs stay in Postgres; trying again", error=self.trouble, delay_s=delay)
                delay = min(delay * 2, LONGEST_DELAY_S)
            await asyncio.sleep(delay)

    async def health(self) -> Component:
        async with self._pool.connection() as connection:
            counting = f"SELECT count(*) FROM ({WAITING}) AS waiting"
            row = await (await connection.execute(counting, {"ended": ENDED_VALUES, "settled": SETTLED_S})).fetchone()
        waiting = row[0] if row else 0
        verb = "waits" if waiting == 1 else "wait"
        detail = f"{counted(waiting, 'finished log')} {verb} for the archive"
        if self.trouble:
            return Component(name="logs", status="degraded", detail=f"{detail}; they do not move: {self.trouble}")
        return Component(name="logs", status="ok", detail=detail)
