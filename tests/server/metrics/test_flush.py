"""From the inbox to the store: whatever stops in between, and told to who listens."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from influx_process import direct
from point_calls import START, at, data, make, send

from mltui.wire.metrics import DataPoint, MetricType
from mltui_server.db.notify import CHANNEL
from mltui_server.lib.ids import new_id
from mltui_server.metrics.checks import check
from mltui_server.metrics.flush import claim, drain_points, settle, write
from mltui_server.metrics.inbox import PointInbox
from mltui_server.metrics.known import KnownMetrics
from mltui_server.metrics.packed import GaugePoints, decode
from mltui_server.samples.duckdb_store import DuckDBStore
from mltui_server.samples.inbox import Inbox
from mltui_server.samples.influx.access import Retention, access_from
from mltui_server.samples.influx.store import InfluxStore
from mltui_server.samples.points import PointRange, PointSeries, PointStore


@pytest.fixture
async def store(settings, tmp_path: Path) -> AsyncIterator[PointStore]:
    if settings.influx_url:
        store = InfluxStore(access_from(settings), Retention())
    else:
        store = DuckDBStore(tmp_path / "samples.duckdb", "128MB")
    yield store.points
    await store.close()


@pytest.fixture
async def connection(dsn: str) -> AsyncIterator[psycopg.AsyncConnection]:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute(
            "INSERT INTO metric (id, name, type, label_keys) VALUES (%s, 'depth', 'gauge', '[\"queue\"]')", [new_id()]
        )
        yield connection


@pytest.fixture
async def inbox(database) -> PointInbox:
    return PointInbox(database.pool, Inbox(database.pool, 1000), KnownMetrics(database.pool, 10))


async def put(inbox: PointInbox, *rows: tuple[float, float]) -> None:
    """Rows (seconds, value) of one label set."""
    points = [DataPoint(labels={"queue": "a"}, value=value, timestamp=at(second)) for second, value in rows]
    await inbox.put([await check(await inbox.known.find("depth"), points, time.time_ns(), lambda _: "$.")])


async def stored(connection: psycopg.AsyncConnection, store: PointStore) -> list[tuple[int, float]]:
    rows = await (await connection.execute("SELECT id, labels FROM metric_label_set")).fetchall()
    series = [PointSeries(id_, "depth", labels) for id_, labels in rows]
    found: list[tuple[int, float]] = []
    async for batch in store.read(PointRange(MetricType.GAUGE, series)):
        found += [(row["time"] // 10**9 - START, row["value"]) for row in batch.to_pylist()]
    return found


async def summary(connection: psycopg.AsyncConnection) -> tuple:
    found = await connection.execute("SELECT points, first_time, last_time FROM metric_label_set")
    points, first, last = await found.fetchone()
    return points, first // 10**9 - START, last // 10**9 - START


async def test_a_crash_between_store_and_inbox_changes_nothing(connection, inbox, store):
    await put(inbox, (1, 1.0), (2, 2.0))
    await put(inbox, (2, 2.5), (3, 3.0))
    claimed = await claim(connection)
    await write(connection, store, claimed)
    # Here the server died, and more came while it was away.
    await put(inbox, (3, 3.5))
    await drain_points(connection, store)
    assert await stored(connection, store) == [(1, 1.0), (2, 2.5), (3, 3.5)]
    assert await summary(connection) == (5, 1, 3)
    assert await claim(connection) is None


async def test_a_crash_before_the_store_has_it_loses_nothing(connection, inbox, store):
    await put(inbox, (1, 1.0))
    assert await claim(connection) is not None
    await drain_points(connection, store)
    assert await stored(connection, store) == [(1, 1.0)]


async def test_late_points_take_their_place_and_equal_times_are_replaced(connection, inbox, store):
    for rows in ([(10, 1.0)], [(5, 2.0), (20, float("nan"))], [(10, 3.0)], [(20, 4.0), (1, 5.0)]):
        await put(inbox, *rows)
        await drain_points(connection, store)
    assert await stored(connection, store) == [(1, 5.0), (5, 2.0), (10, 3.0), (20, 4.0)]
    assert await summary(connection) == (6, 1, 20)


async def test_a_metric_deleted_under_way_leaves_nothing_behind(connection, inbox, store):
    await put(inbox, (1, 1.0))
    claimed = await claim(connection)
    [(metric, ids)] = await (
        await connection.execute("SELECT metric_id, array_agg(id) FROM metric_label_set GROUP BY 1")
    ).fetchall()
    refused = await write(connection, store, claimed)
    await connection.execute("INSERT INTO metric_deletion (metric_id, label_sets) VALUES (%s, %s)", [metric, ids])
    await connection.execute("DELETE FROM metric")
    await settle(connection, claimed, refused)
    await drain_points(connection, store)
    wanted = PointRange(MetricType.GAUGE, [PointSeries(ids[0], "depth", {"queue": "a"})])
    assert [batch async for batch in store.read(wanted) if len(batch)] == []
    assert await (await connection.execute("SELECT count(*) FROM metric_deletion")).fetchone() == (0,)


async def test_a_flush_is_told_and_counted(connection, dsn, inbox, store):
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as listening:
        await listening.execute(f"LISTEN {CHANNEL}")
        await put(inbox, (1, 1.0))
        await drain_points(connection, store)
        [said] = [notification async for notification in listening.notifies(timeout=5, stop_after=1)]
    [(id_, version)] = await (await connection.execute("SELECT id, version FROM metric")).fetchall()
    assert (said.payload, version) == (f"points:{id_}", 1)


async def test_what_influxdb_never_takes_is_set_aside(connection, inbox, store, settings):
    if not settings.influx_url:
        pytest.skip("DuckDB refuses nothing")
    await put(inbox, (1, 1.0))
    await drain_points(connection, store)
    # Somebody has written a text where a number belongs.
    [(id_,)] = await (await connection.execute("SELECT id FROM metric_label_set")).fetchall()
    async with direct(access_from(settings)) as client:
        line = f'gauge,labelset=0 v="text" {at(900 * 86_400)}'
        answer = await client.post("/write", params={"db": settings.influx_database}, content=line)
        assert answer.status_code == 204, answer.text
    await put(inbox, (900 * 86_400, 2.0), (2, 3.0))
    await drain_points(connection, store)
    assert await stored(connection, store) == [(1, 1.0), (2, 3.0)]
    [(refused, reason)] = await (await connection.execute("SELECT body, reason FROM point_refused")).fetchall()
    assert decode(refused) == GaugePoints([id_], [at(900 * 86_400)], [2.0])
    assert "field type conflict" in reason
    assert await summary(connection) == (2, 1, 2)


async def test_a_metric_remembers_its_points(http):
    await make(http, "depth", "gauge")
    await send(http, "depth", {"value": 1, "timestamp": at(1)}, {"value": 2, "timestamp": at(5)})
    row = (await http.get("/api/v1/metrics/depth")).json()
    assert (row["label_sets"], row["points"], row["first_time"], row["last_time"]) == (1, 2, at(1), at(5))
    assert (await data(http, "depth", buckets=1))["cursor"] == 1
