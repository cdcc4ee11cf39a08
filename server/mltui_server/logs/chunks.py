"""Log chunks coming in: decoded, checked, stored once, in order, in one statement."""

from typing import Any
from uuid import UUID

import msgspec
import zstandard
from psycopg_pool import AsyncConnectionPool

from mltui.wire.logs import AGENT, MAX_RECORD_BYTES, STDOUT, LogRecord
from mltui_server.db.notify import CHANNEL
from mltui_server.lib.errors import Conflict, Fault, Invalid, NotFound

LEVEL = 1
"""Of zstd: the writer waits for it, and the archive compresses again."""


class _Envelope(msgspec.Struct, array_like=True):
    """A LogChunk whose records are kept as they came: what is stored is what was sent."""

    seq: int
    records: msgspec.Raw


_decode = msgspec.msgpack.Decoder(_Envelope).decode
_decode_records = msgspec.msgpack.Decoder(list[LogRecord]).decode
_compress = zstandard.ZstdCompressor(level=LEVEL).compress

# One statement is one transaction. The update waits for a rival with the same seq and then finds log_seq moved on:
# first_line is exact, and a chunk is stored once.
STORE = """
WITH moved AS (
    UPDATE execution
    SET log_seq = %(seq)s::bigint, log_lines = log_lines + %(lines)s, log_bytes = log_bytes + %(size)s,
        logged_at = clock_timestamp(), updated_at = clock_timestamp()
    WHERE id = %(id)s AND log_seq = %(seq)s::bigint - 1
    RETURNING id, log_lines - %(lines)s AS first_line, log_bytes - %(size)s AS first_byte),
stored AS (
    INSERT INTO log_chunk (execution_id, first_line, lines, first_byte, raw_size, body)
    SELECT id, first_line, %(lines)s, first_byte, %(size)s, %(body)b FROM moved
    RETURNING execution_id)
SELECT pg_notify(%(channel)s, 'log:' || execution_id) FROM stored"""


async def store_chunk(pool: AsyncConnectionPool, execution_id: UUID, body: bytes) -> None:
    """Make a msgpack LogChunk durable. One that is there already is no error.

    Raises msgspec.DecodeError and Invalid for what is no chunk, NotFound, and Conflict for a gap in seq. Chunks are
    taken after the execution ended, too: an agent that was cut off ships late.
    """
    chunk = _decode(body)
    if not 1 <= chunk.seq < 2**63:
        raise Invalid(f"seq is {chunk.seq}; it counts 1, 2, 3 … per execution")
    records = _decode_records(chunk.records)
    _check(records)
    values: dict[str, Any] = {
        "id": execution_id,
        "seq": chunk.seq,
        "lines": len(records),
        "size": sum(len(record.body) for record in records),
        "body": _compress(chunk.records),
        "channel": CHANNEL,
    }
    async with pool.connection() as connection:
        if (await connection.execute(STORE, values)).rowcount:
            return
        found = await (
            await connection.execute("SELECT log_seq FROM execution WHERE id = %s", [execution_id])
        ).fetchone()
    if found is None:
        raise NotFound("execution", str(execution_id))
    if chunk.seq > found[0]:
        raise Conflict(f"log chunk {chunk.seq} of execution {execution_id} came early; the next is {found[0] + 1}")


def _check(records: list[LogRecord]) -> None:
    if not records:
        raise Invalid("a log chunk needs at least one record")
    for i, record in enumerate(records):
        if not STDOUT <= record.stream <= AGENT:
            fault = f"stream is {record.stream}; it is 1 (stdout), 2 (stderr) or 3 (the agent)"
        elif len(record.body) > MAX_RECORD_BYTES:
            fault = f"a record of {len(record.body)} bytes; split a line into records of {MAX_RECORD_BYTES} at most"
        elif not -(2**63) <= record.time < 2**63:
            fault = f"time is {record.time}; it is nanoseconds since 1970"
        else:
            continue
        path = f"$.records[{i}]"
        raise Invalid(f"{path}: {fault}", [Fault(path, fault)])
