"""The flusher: moves the inbox to the sample store, each sample exactly once, whatever stops in between.

claim → arrange → store.write → settle. A crash between the last two leaves rows in the inbox that the store has
already: the store remembers which, and they are settled first, without being written again.
"""

import asyncio
import random
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import psycopg
import structlog

from mltui_server.db.notify import CHANNEL
from mltui_server.lib.disk_full import is_disk_full
from mltui_server.lib.tasks import stop
from mltui_server.metrics.flush import drain_points
from mltui_server.samples.arrange import Addition, Already, Flush, InboxRow, Refusal, arrange, unpack
from mltui_server.samples.inbox import Inbox
from mltui_server.samples.nodes import HOSTS, hosts_of, is_resource
from mltui_server.samples.refusals import without_refused
from mltui_server.samples.store import RefusedSamples, SampleStore, SeriesName, StoreError

logger = structlog.get_logger(__name__)

FLUSH_EVERY_S = 0.25
POLL_EVERY_S = 1.0
"""How often to look without having heard of anything: batches may come in through another process."""
FLUSH_SAMPLES = 1_000_000
FLUSH_ROWS = 5_000
LOCK = 0x6D6C7366
"""Advisory lock: one flusher at a time, over all server processes."""
FIRST_DELAY_S, LONGEST_DELAY_S = 0.5, 10.0

Connection = psycopg.AsyncConnection[tuple[Any, ...]]

BROKEN_OFF = """
SELECT id FROM sample_inbox WHERE id = ANY(%s) OR id = ANY(ARRAY(SELECT unnest(ids) FROM sample_flush))"""
CHOOSE = "INSERT INTO sample_flush (ids) VALUES (%s) ON CONFLICT (the_one) DO UPDATE SET ids = excluded.ids"
WAITING = "SELECT id, samples FROM sample_inbox WHERE id > %s ORDER BY id LIMIT %s"
ROWS = "SELECT id, run_id, body FROM sample_inbox WHERE id = ANY(%s)"
ALREADY = """
SELECT run_id, key, last_time, count FROM run_series
JOIN unnest(%s::uuid[], %s::text[]) AS wanted (run_id, key) USING (run_id, key)"""
SUMMARIZE = """
INSERT INTO run_series (run_id, key, count, nonfinite, min, max, last, last_step, first_time, last_time)
SELECT * FROM unnest(%s::uuid[], %s::text[], %s::bigint[], %s::bigint[], %s::float8[], %s::float8[], %s::float8[],
                     %s::bigint[], %s::bigint[], %s::bigint[])
ON CONFLICT (run_id, key) DO UPDATE SET
    count = run_series.count + excluded.count,
    nonfinite = run_series.nonfinite + excluded.nonfinite,
    min = least(run_series.min, excluded.min),
    max = greatest(run_series.max, excluded.max),
    last = excluded.last,
    last_step = coalesce(excluded.last_step, run_series.last_step),
    last_time = excluded.last_time"""
REFUSE = """
INSERT INTO sample_refused (id, run_id, body, reason)
SELECT id, run_id, %s, %s FROM sample_inbox WHERE id = %s"""


async def claim(
    connection: Connection, applied: Collection[int], known: Mapping[int, InboxRow] | None = None
) -> list[InboxRow]:
    """The next rows to move, in order: those that the store has already, or in part, alone, if there are any.

    What is chosen is durable before the store sees any of it. A batch that breaks off, even with the server, is taken
    up just as it was: a row that became visible meanwhile, with a lower id, would move the times of what is there.
    `known`: rows that need not be read again.
    """
    chosen = sorted(row[0] for row in await _fetch(connection, BROKEN_OFF, [list(applied)]))
    if not chosen and (chosen := await _next(connection, 0)):
        await connection.execute(CHOOSE, [chosen])
    rows = dict(known or {})
    rows |= await _read(connection, [id_ for id_ in chosen if id_ not in rows])
    return [rows[id_] for id_ in chosen if id_ in rows]


async def look_ahead(connection: Connection, last: int) -> dict[int, InboxRow]:
    """The rows after this one that will be moved next, as far as can be known now, unpacked."""
    rows = await _read(connection, await _next(connection, last))
    await asyncio.to_thread(unpack, list(rows.values()))
    return rows


async def _next(connection: Connection, last: int) -> list[int]:
    return _within(await _fetch(connection, WAITING, [last, FLUSH_ROWS]))


async def _read(connection: Connection, ids: Sequence[int]) -> dict[int, InboxRow]:
    found = await _fetch(connection, ROWS, [ids]) if ids else []
    return {row[0]: InboxRow(*row) for row in found}


def _within(rows: Iterable[tuple[int, int]]) -> list[int]:
    """Ids of the first rows that together stay within FLUSH_SAMPLES; at least one."""
    chosen, total = list[int](), 0
    for id_, samples in rows:
        total += samples
        if chosen and total > FLUSH_SAMPLES:
            break
        chosen.append(id_)
    return chosen


async def prepare(connection: Connection, rows: Sequence[InboxRow]) -> Flush:
    """The rows as the store takes them, times made unique."""
    unpacked = await asyncio.to_thread(unpack, rows)
    names = list(unpacked.series)
    found = await _fetch(connection, ALREADY, [[name.run for name in names], [name.key for name in names]])
    already = {SeriesName(run, key): Already(last_time, count) for run, key, last_time, count in found}
    runs = list({name.run for name in names if is_resource(name)})
    hosts = hosts_of(await _fetch(connection, HOSTS, [runs])) if runs else None
    return await asyncio.to_thread(arrange, rows, unpacked, already, hosts)


async def settle(connection: Connection, flush: Flush) -> None:
    """In one transaction: summaries, versions, notifications, and the rows leave the inbox."""
    async with connection.transaction():
        # Locked, in order: a run deleted meanwhile takes its inbox rows with it and gets no summaries.
        runs = sorted({addition.name.run for addition in flush.additions})
        found = await _fetch(connection, "SELECT id FROM run WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [runs])
        alive = [row[0] for row in found]
        await _summarize(connection, [addition for addition in flush.additions if addition.name.run in set(alive)])
        await connection.execute("UPDATE run SET sample_version = sample_version + 1 WHERE id = ANY(%s)", [alive])
        await _set_aside(connection, flush.refused)
        await connection.execute("DELETE FROM sample_inbox WHERE id = ANY(%s)", [list(flush.ids)])
        await connection.execute(
            "SELECT pg_notify(%s, 'series:' || run_id) FROM unnest(%s::uuid[]) AS run_id", [CHANNEL, alive]
        )


async def _summarize(connection: Connection, additions: Sequence[Addition]) -> None:
    if additions:
        ordered = sorted(additions, key=lambda addition: addition.name)
        rows = [
            (a.name.run, a.name.key, a.count, a.nonfinite, a.min, a.max, a.last, a.last_step, a.first_time, a.last_time)
            for a in ordered
        ]
        await connection.execute(SUMMARIZE, [list(column) for column in zip(*rows, strict=True)])


async def _set_aside(connection: Connection, refused: Sequence[Refusal]) -> None:
    for refusal in refused:
        logger.error("samples are refused for good; set aside in sample_refused",
                     row=refusal.row.id, run=str(refusal.row.run), reason=refusal.reason)  # fmt: skip
        await connection.execute(REFUSE, [refusal.row.body, refusal.reason, refusal.row.id])


class Mover:
    """Moves the inbox batch by batch. While the store takes in the one, the next is read and unpacked."""

    def __init__(self, connection: Connection, store: SampleStore) -> None:
        self._connection, self._store = connection, store
        self._ahead: Mapping[int, InboxRow] = {}

    async def move(self) -> Flush | None:
        """Move one batch of rows; None: the inbox is empty."""
        applied = await self._store.applied()
        rows = await claim(self._connection, applied, self._ahead)
        if not rows:
            return None
        flush = await prepare(self._connection, rows)
        if rows[0].id not in applied:
            refused = await self._write(flush)
            flush = await asyncio.to_thread(without_refused, flush, rows, refused)
        await settle(self._connection, flush)
        return flush

    async def _write(self, flush: Flush) -> Sequence[RefusedSamples]:
        looking = asyncio.create_task(look_ahead(self._connection, flush.ids[-1]))
        try:
            refused = await self._store.write(flush.ids, flush.columns)
            self._ahead = await looking
        finally:
            await stop([looking])
        return refused


async def forget_deleted(connection: Connection, store: SampleStore) -> None:
    """Delete from the store what was asked for with `forget_run`. After a flush: nothing of the run is under way."""
    for (run,) in await _fetch(connection, "SELECT run_id FROM sample_deletion ORDER BY requested_at", []):
        await store.delete_run(run)
        await connection.execute("DELETE FROM sample_deletion WHERE run_id = %s", [run])


async def _fetch(connection: Connection, query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    async with connection.cursor(binary=True) as cursor:
        return await (await cursor.execute(query, values)).fetchall()


class Flusher:
    """Runs for ever, over outages of Postgres and of the store."""

    def __init__(self, dsn: str, store: SampleStore, inbox: Inbox) -> None:
        self._dsn, self._store, self._inbox = dsn, store, inbox
        self.trouble = ""
        """Why samples do not move; empty while they do."""

    async def run(self) -> None:
        delay = FIRST_DELAY_S
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._dsn, autocommit=True, connect_timeout=5
                ) as connection:
                    await _lock(connection)
                    mover = Mover(connection, self._store)
                    while True:
                        await self._drain(connection, mover)
                        self.trouble, delay = "", FIRST_DELAY_S
                        await self._wait()
            except Exception as error:
                # Whatever it is: samples wait in the inbox, health says why, and the next attempt starts afresh.
                words = self._inbox.disk_full if is_disk_full(error) else str(error).strip()
                self.trouble = words or type(error).__name__
                known = isinstance(error, psycopg.Error | StoreError)
                logger.warning("samples cannot be moved to the store; trying again",
                               error=self.trouble, delay_s=delay, exc_info=None if known else error)  # fmt: skip
                await asyncio.sleep(delay * random.uniform(0.5, 1.0))
                delay = min(delay * 2, LONGEST_DELAY_S)

    async def _drain(self, connection: Connection, mover: Mover) -> None:
        """Flush until the inbox is all but empty: what trickles in meanwhile is better moved together."""
        self._inbox.arrived.clear()
        while (moved := await mover.move()) and _large(moved):
            pass
        await forget_deleted(connection, self._store)
        await drain_points(connection, self._store.points)

    async def _wait(self) -> None:
        started = time.monotonic()
        try:
            async with asyncio.timeout(POLL_EVERY_S):
                await self._inbox.arrived.wait()
        except TimeoutError:
            return
        await asyncio.sleep(max(0.0, FLUSH_EVERY_S - (time.monotonic() - started)))


def _large(flush: Flush) -> bool:
    return len(flush.ids) >= FLUSH_ROWS or sum(one.count for one in flush.additions) >= FLUSH_SAMPLES / 2


async def _lock(connection: Connection) -> None:
    while not (await _fetch(connection, "SELECT pg_try_advisory_lock(%s)", [LOCK]))[0][0]:
        await asyncio.sleep(POLL_EVERY_S)
