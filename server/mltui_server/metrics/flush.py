"""Moving points from the inbox to the sample store: after the samples of runs, by the same flusher.

claim → store.write → settle. A crash between the last two writes the same points again, and they replace themselves.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import structlog

from mltui.wire.metrics import MetricType
from mltui_server.db.notify import CHANNEL
from mltui_server.metrics.packed import PackedPoints, decode, encode, pack, samples_in, table
from mltui_server.samples.points import PointSeries, PointStore

logger = structlog.get_logger(__name__)

FLUSH_SAMPLES = 500_000
FLUSH_ROWS = 5_000

Connection = psycopg.AsyncConnection[tuple[Any, ...]]

CLAIM = """
SELECT inbox.id, inbox.metric_id, metric.type, inbox.body, inbox.before + inbox.samples FROM (
    SELECT *, sum(samples) OVER (ORDER BY id) - samples AS before FROM (
        SELECT id, samples, metric_id, body FROM point_inbox ORDER BY id LIMIT %s) AS oldest) AS inbox
JOIN metric ON metric.id = inbox.metric_id WHERE inbox.before < %s ORDER BY inbox.id"""
SERIES = """
SELECT label_set.id, metric.id, metric.name, label_set.labels FROM metric_label_set AS label_set
JOIN metric ON metric.id = label_set.metric_id WHERE label_set.id = ANY(%s)"""
SUMMARIZE = """
UPDATE metric_label_set AS label_set SET
    points = label_set.points + new.points,
    first_time = least(label_set.first_time, new.first_time),
    last_time = greatest(label_set.last_time, new.last_time)
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) AS new (id, points, first_time, last_time)
WHERE label_set.id = new.id"""
REFUSE = "INSERT INTO point_refused (metric_id, samples, body, reason) VALUES (%s, %s, %s, %s)"
LOCK = "SELECT id FROM metric WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"


@dataclass(frozen=True)
class Claimed:
    """Rows of the inbox on their way to the store."""

    ids: Sequence[int]
    metrics: Collection[UUID]
    points: Mapping[MetricType, Sequence[PackedPoints]]
    full: bool
    """More may wait than one flush takes."""


@dataclass(frozen=True)
class SetAside:
    """Points of one metric that the store will never take."""

    metric: UUID
    points: PackedPoints
    reason: str


async def drain_points(connection: Connection, store: PointStore) -> None:
    """Move what waits, then delete from the store what is to be deleted: nothing of it is under way."""
    more = True
    while more and (claimed := await claim(connection)) is not None:
        aside = await write(connection, store, claimed)
        await settle(connection, claimed, aside)
        more = claimed.full
    await _forget_deleted(connection, store)


async def claim(connection: Connection) -> Claimed | None:
    """The oldest rows, within FLUSH_ROWS and about FLUSH_SAMPLES. None: nothing waits."""
    rows = await _fetch(connection, CLAIM, [FLUSH_ROWS, FLUSH_SAMPLES])
    if not rows:
        return None
    points = await asyncio.to_thread(_by_type, rows)
    full = len(rows) == FLUSH_ROWS or rows[-1][-1] >= FLUSH_SAMPLES
    return Claimed([row[0] for row in rows], {row[1] for row in rows}, points, full)


def _by_type(rows: Iterable[tuple[Any, ...]]) -> dict[MetricType, list[PackedPoints]]:
    points: dict[MetricType, list[PackedPoints]] = defaultdict(list)
    for _, _, type_, body, _ in rows:
        points[MetricType(type_)].append(decode(body))
    return points


async def write(connection: Connection, store: PointStore, claimed: Claimed) -> list[SetAside]:
    """Put them into the store. Returned: what it will never take."""
    aside: list[SetAside] = []
    for type_, bodies in claimed.points.items():
        points = await asyncio.to_thread(table, type_, bodies)
        found = await _fetch(connection, SERIES, [points["series"].unique().to_pylist()])
        series = {id_: PointSeries(id_, name, labels) for id_, _, name, labels in found}
        # Those that are missing went with their metric, meanwhile.
        there = _of(points, series)
        refused = await store.write(type_, series, there) if len(there) else ()
        metrics: dict[UUID, list[int]] = defaultdict(list)
        for id_, metric, *_ in found:
            metrics[metric].append(id_)
        aside += [
            SetAside(metric, pack(type_, [column.to_pylist() for column in mine.columns]), one.reason)
            for one in refused
            for metric, ids in metrics.items()
            if len(mine := _of(one.points, ids))
        ]
    return aside


def _of(points: pa.Table, series: Iterable[int]) -> pa.Table:
    return points.filter(pc.is_in(points["series"], pa.array(series, pa.int64())))


async def settle(connection: Connection, claimed: Claimed, aside: Sequence[SetAside] = ()) -> None:
    """In one transaction: summaries, versions, notifications, and the rows leave the inbox."""
    summaries = await asyncio.to_thread(_summaries, claimed, aside)
    async with connection.transaction():
        alive = [row[0] for row in await _fetch(connection, LOCK, [list(claimed.metrics)])]
        await connection.execute(SUMMARIZE, summaries)
        await connection.execute("UPDATE metric SET version = version + 1 WHERE id = ANY(%s)", [alive])
        for one in aside:
            if one.metric in alive:
                logger.error("points are refused for good; set aside in point_refused",
                             metric=str(one.metric), reason=one.reason)  # fmt: skip
                values = [one.metric, samples_in(one.points), encode(one.points), one.reason]
                await connection.execute(REFUSE, values)
        await connection.execute("DELETE FROM point_inbox WHERE id = ANY(%s)", [list(claimed.ids)])
        await connection.execute(
            "SELECT pg_notify(%s, 'points:' || id) FROM unnest(%s::uuid[]) AS id", [CHANNEL, alive]
        )


def _summaries(claimed: Claimed, aside: Sequence[SetAside]) -> list[list[int]]:
    """Columns: label sets, how many points each got, the first and the last of their times."""
    refused = {place for one in aside for place in zip(one.points.series, one.points.times, strict=True)}
    found: dict[int, tuple[int, int, int]] = {}
    for bodies in claimed.points.values():
        for points in bodies:
            for series, time in zip(points.series, points.times, strict=True):
                if (series, time) not in refused:
                    count, first, last = found.get(series, (0, time, time))
                    found[series] = (count + 1, min(first, time), max(last, time))
    rows = [(id_, *found[id_]) for id_ in sorted(found)]
    return [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []]


async def _forget_deleted(connection: Connection, store: PointStore) -> None:
    rows = await _fetch(connection, "SELECT metric_id, label_sets FROM metric_deletion ORDER BY requested_at", [])
    for metric, series in rows:
        await store.delete(series)
        await connection.execute("DELETE FROM metric_deletion WHERE metric_id = %s", [metric])


async def _fetch(connection: Connection, query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    async with connection.cursor(binary=True) as cursor:
        return await (await cursor.execute(query, values)).fetchall()
