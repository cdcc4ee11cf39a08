"""Reading log chunks from Postgres: one statement, so one state of the log, whether it is being archived or not."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from mltui.wire.states import ENDED, Status
from mltui_server.lib.errors import NotFound

MAX_FETCH_BYTES = 4 << 20
"""Raw bytes of log that one fetch asks for; the last chunk may go over it."""

STATE = "SELECT log_lines AS lines, log_bytes AS bytes, status FROM execution WHERE id = %s"
# A chunk's body, or where in the object it is. The window sum leaves bodies unread that are past the limit.
FETCH = """
SELECT first_line, lines, raw_size, body, "offset", stored_size, log_object FROM (
    SELECT *, sum(raw_size) OVER (ORDER BY first_line {direction}) - raw_size AS before FROM log_chunk
    WHERE execution_id = %(id)s AND first_line < %(end)s AND first_line >= coalesce((
        SELECT max(first_line) FROM log_chunk WHERE execution_id = %(id)s AND first_line <= %(first)s), 0)
) AS chunk JOIN execution ON execution.id = execution_id
WHERE before < %(limit)s ORDER BY first_line"""
FETCH_FIRST, FETCH_LAST = FETCH.format(direction="ASC"), FETCH.format(direction="DESC")


@dataclass(frozen=True)
class LogState:
    lines: int
    bytes: int
    status: str

    @property
    def finished(self) -> bool:
        return Status(self.status) in ENDED


@dataclass(frozen=True)
class StoredChunk:
    """Lines [first_line, first_line + lines): `body`, or a part of `log_object`."""

    first_line: int
    lines: int
    raw_size: int
    body: bytes | None
    offset: int | None
    stored_size: int | None
    log_object: str | None


async def log_state(pool: AsyncConnectionPool, execution_id: UUID) -> LogState:
    """Raises NotFound."""
    async with pool.connection() as connection, connection.cursor(row_factory=class_row(LogState)) as cursor:
        state = await (await cursor.execute(STATE, [execution_id])).fetchone()
    if state is None:
        raise NotFound("execution", str(execution_id))
    return state


async def fetch_chunks(
    pool: AsyncConnectionPool,
    execution_id: UUID,
    first: int,
    end: int,
    *,
    keep: Literal["first", "last"] = "first",
    limit: int = MAX_FETCH_BYTES,
) -> list[StoredChunk]:
    """The chunks that hold lines [first, end), in order; the first or the last ones where they pass `limit` bytes."""
    values = {"id": execution_id, "first": first, "end": end, "limit": limit}
    async with (
        pool.connection() as connection,
        connection.cursor(binary=True, row_factory=class_row(StoredChunk)) as cursor,
    ):
        await cursor.execute(FETCH_FIRST if keep == "first" else FETCH_LAST, values)
        return await cursor.fetchall()
