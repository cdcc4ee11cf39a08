"""The inbox: where an acknowledged batch waits, durable in Postgres, until the flusher has moved it to the store."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from mltui.wire.counting import counted
from mltui.wire.health import Component
from mltui.wire.samples import Accepted
from mltui_server.lib.disk_full import disk_full
from mltui_server.lib.errors import Conflict, NotFound, Unavailable
from mltui_server.samples.batch import PackedBatch

logger = structlog.get_logger(__name__)

MEASURE_EVERY_S, MEASURE_AGAIN_S = 1.0, 10.0
MEASURE_SHARE = 0.05
"""Measuring a long inbox takes long: at most this share of the time is spent on it."""
FULL_RETRY_S = 5.0
NO_ROOM_SAID_S = 60.0
"""For so long after the last batch that found a full disk: those that write come back sooner."""
DELAYED_S = 3.0
"""Longer than samples ever wait while all is well."""
LATE_S = 30.0
"""Samples that wait longer are worth telling a person."""

# One statement is one transaction: the writer advances and the batch is stored, or neither.
_INSERT = "INSERT INTO sample_inbox (run_id, samples, body) SELECT %(run)b::uuid, %(samples)b::int, %(body)b::bytea"
STORE = f"{_INSERT} RETURNING id"
STORE_FIRST = f"""
WITH writer AS (
    INSERT INTO sample_writer (writer, run_id, last_seq) VALUES (%(writer)b::text, %(run)b::uuid, 1)
    ON CONFLICT (writer) DO NOTHING RETURNING writer)
{_INSERT} FROM writer RETURNING id"""
STORE_NEXT = f"""
WITH writer AS (
    UPDATE sample_writer SET last_seq = %(seq)b::bigint
    WHERE writer = %(writer)b::text AND run_id = %(run)b::uuid AND last_seq = %(seq)b::bigint - 1 RETURNING writer)
{_INSERT} FROM writer RETURNING id"""
WRITER = "SELECT run_id, last_seq FROM sample_writer WHERE writer = %s"
DEPTH = """
SELECT coalesce(sum(samples), 0)::bigint, min(received_at) FROM (
    SELECT samples, received_at FROM sample_inbox UNION ALL SELECT samples, received_at FROM point_inbox) AS waiting"""


class Inbox:
    """`capacity`: samples that may wait, points of operational metrics included; past that, writers are told to come
    back. `disk`: what Postgres writes to, in words.
    """

    def __init__(self, pool: AsyncConnectionPool, capacity: int, disk: str = "the disk of Postgres") -> None:
        self._pool = pool
        self.disk_full = disk_full("Postgres has no room for samples", disk)
        """What there is to say where it is."""
        self._no_room_at: float | None = None
        """time.monotonic() of when it was, if the last batch that came found it so."""
        self.capacity = capacity
        self.depth = 0
        """Samples that wait, about: measured now and then, and counted up between."""
        self.oldest: datetime | None = None
        self.arrived = asyncio.Event()
        """Set when a batch came in through this process."""

    async def put(self, run: UUID, batch: PackedBatch) -> Accepted:
        """Store a batch durably, once.

        Raises NotFound for an unknown run, Conflict for a gap in the writer's sequence or a writer of another run,
        Unavailable while the inbox or its disk is full.
        """
        self.admit(batch.samples)
        statement = STORE if batch.seq is None else STORE_FIRST if batch.seq == 1 else STORE_NEXT
        values = {
            "run": run, "samples": batch.samples, "body": batch.body, "writer": batch.writer, "seq": batch.seq
        }  # fmt: skip
        with self.writing():
            async with self._pool.connection() as connection:
                try:
                    stored = await (await connection.execute(statement, values)).fetchone()
                except psycopg.errors.ForeignKeyViolation:
                    raise NotFound("run", str(run)) from None
                if stored is None:
                    return await _explain(connection, run, batch)
        self.came_in(batch.samples)
        return Accepted(samples=batch.samples)

    def admit(self, samples: int) -> None:
        """Raises Unavailable if there is no room for so many now."""
        if self.depth + samples > self.capacity:
            raise Unavailable(
                f"{self.depth:,} samples wait for the sample store, which is behind or away; at most {self.capacity:,} "
                f"may, and these are {samples:,} more",
                FULL_RETRY_S,
            )

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Around what makes samples or points durable. Raises Unavailable where its disk is full."""
        try:
            yield
        except psycopg.errors.DiskFull as error:
            self._no_room_at = time.monotonic()
            raise Unavailable(f"{self.disk_full}; nothing was stored", FULL_RETRY_S) from error
        self._no_room_at = None

    def came_in(self, samples: int) -> None:
        """So many more are durable, and wait."""
        self.depth += samples
        self.arrived.set()

    async def measure(self) -> None:
        """Keep `depth` and `oldest` true, for ever."""
        while True:
            started = time.perf_counter()
            try:
                async with self._pool.connection() as connection:
                    row = await (await connection.execute(DEPTH)).fetchone()
                self.depth, self.oldest = row or (0, None)
            except (psycopg.Error, PoolTimeout) as error:
                logger.warning("the inbox cannot be measured", error=str(error).strip())
            await asyncio.sleep(pause_after(time.perf_counter() - started))

    @property
    def age_s(self) -> float:
        """For how long the oldest sample has waited."""
        return max(0.0, (datetime.now(UTC) - self.oldest).total_seconds()) if self.oldest and self.depth else 0.0

    def health(self) -> Component:
        age = self.age_s
        full = self.depth >= self.capacity
        waiting = f"{counted(self.depth, 'sample')} {'waits' if self.depth == 1 else 'wait'}"
        detail = waiting + (f", the oldest for {age:.0f} s" if age >= 1 else "")
        if full:
            detail += "; it is full, writers are told to wait until the sample store is back"
        if self._no_room_at is not None and time.monotonic() - self._no_room_at < NO_ROOM_SAID_S:
            full, detail = True, f"{self.disk_full}; {detail}"
        return Component(name="inbox", status="down" if full else "degraded" if age > LATE_S else "ok", detail=detail)


def pause_after(took_s: float) -> float:
    """Seconds until the next measurement. Soon enough that what one that was held up says is not believed for long."""
    return min(max(MEASURE_EVERY_S, took_s / MEASURE_SHARE), MEASURE_AGAIN_S)


async def _explain(connection: psycopg.AsyncConnection, run: UUID, batch: PackedBatch) -> Accepted:
    """Why nothing was stored: it was before, or something is wrong with the sequence."""
    found = await (await connection.execute(WRITER, [batch.writer])).fetchone()
    owner, last = found or (None, 0)
    if owner not in (None, run):
        raise Conflict(f"writer {batch.writer!r} belongs to run {owner}; a writer writes to one run")
    if owner is None and not await (await connection.execute("SELECT 1 FROM run WHERE id = %s", [run])).fetchone():
        raise NotFound("run", str(run))
    if batch.seq is not None and batch.seq <= last:
        return Accepted(samples=batch.samples, duplicate=True)
    raise Conflict(f"writer {batch.writer!r} sent seq {batch.seq}; the next one expected is {last + 1}")
