"""From the inbox to the store: each sample once, whatever stops in between."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from flush_calls import NOW, add_run, put
from litestar.testing import AsyncTestClient
from sample_calls import register_run, summaries, until

from mltui_server.app import create_app
from mltui_server.db.notify import CHANNEL
from mltui_server.lib.errors import Unavailable
from mltui_server.samples import batch, flusher
from mltui_server.samples.duckdb_store import DuckDBStore
from mltui_server.samples.flusher import Mover, claim, forget_deleted, prepare, settle
from mltui_server.samples.inbox import Inbox, pause_after
from mltui_server.samples.influx.access import Retention
from mltui_server.samples.influx.store import InfluxStore
from mltui_server.samples.service import forget_run
from mltui_server.samples.store import SampleStore, Selection


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[DuckDBStore]:
    store = DuckDBStore(tmp_path / "samples.duckdb", "128MB")
    yield store
    await store.close()


@pytest.fixture
async def run(connection: psycopg.AsyncConnection) -> UUID:
    """A run's row, without a server that would flush by itself."""
    return await add_run(connection)


async def stored(store: SampleStore, run: UUID, key: str = "loss") -> list[tuple]:
    rows: list[tuple] = []
    async for part in store.export(Selection(run, [key], "time"), key):
        rows += [(row["time"] - NOW, row["value"]) for row in part.to_pylist()]
    return rows


async def summary(connection: psycopg.AsyncConnection, run: UUID) -> tuple:
    query = "SELECT count, nonfinite, min, max, last, last_step, last_time FROM run_series WHERE run_id = %s"
    return await (await connection.execute(query, [run])).fetchone()


async def test_a_flush_moves_everything_and_says_so(connection, dsn, inbox, store, run):
    listening = await psycopg.AsyncConnection.connect(dsn, autocommit=True)
    await listening.execute(f"LISTEN {CHANNEL}")
    await put(inbox, run, [3.0, "NaN"])
    await put(inbox, run, [1.0], start=2)
    await Mover(connection, store).move()
    assert await Mover(connection, store).move() is None
    assert [value for _, value in await stored(store, run)][::2] == [3.0, 1.0]
    assert await summary(connection, run) == (3, 1, 1.0, 3.0, 1.0, 2, NOW + 2)
    assert (await (await connection.execute("SELECT sample_version FROM run")).fetchone()) == (1,)
    [said] = [notification async for notification in listening.notifies(timeout=5, stop_after=1)]
    assert said.payload == f"series:{run}"
    await listening.close()


async def test_summaries_merge_over_flushes(connection, inbox, store, run):
    for start, values in enumerate([[5.0, 6.0], ["NaN"], [-1.0], ["Infinity"]]):
        await put(inbox, run, values, start=10 * start)
        await Mover(connection, store).move()
    assert await summary(connection, run) == (5, 2, -1.0, 6.0, float("inf"), 30, NOW + 4)


async def test_a_crash_between_the_two_commits_stores_nothing_twice(connection, inbox, store, run):
    await put(inbox, run, [1.0, 2.0])
    await put(inbox, run, [3.0])
    flush = await prepare(connection, await claim(connection, await store.applied()))
    await store.write(flush.ids, flush.columns)
    # Here the server died. Samples that came later must wait for those that are half way.
    await put(inbox, run, [4.0])
    for _ in range(2):
        await Mover(connection, store).move()
    assert await Mover(connection, store).move() is None
    assert await stored(store, run) == [(0, 1.0), (1, 2.0), (2, 3.0), (3, 4.0)]
    assert await summary(connection, run) == (4, 0, 1.0, 4.0, 4.0, 0, NOW + 3)


@pytest.mark.parametrize("kind", ["duckdb", "influx"])
async def test_a_row_that_becomes_visible_after_a_crash_moves_nothing(
    connection, dsn, inbox, kind, run, request, tmp_path, monkeypatch
):  # fmt: skip
    def opened() -> SampleStore:
        if kind == "duckdb":
            return DuckDBStore(tmp_path / "crashed.duckdb", "128MB")
        return InfluxStore(request.getfixturevalue("influx_access"), Retention())

    store = opened()
    insert = "INSERT INTO sample_inbox (run_id, samples, body) VALUES (%s, 1, %s)"
    late = await psycopg.AsyncConnection.connect(dsn)
    body = batch.encode([batch.PackedSeries("loss", NOW.to_bytes(8, "little"), bytes(8), None)])
    await late.execute(insert, [run, body])
    await put(inbox, run, [1.0, 2.0])
    with monkeypatch.context() as patch:
        patch.setattr(flusher, "settle", _die)
        with pytest.raises(RuntimeError):
            await Mover(connection, store).move()
    await store.close()
    await late.commit()
    await late.close()
    # Another server takes over, and remembers nothing of the first.
    store = opened()
    while await Mover(connection, store).move():
        pass
    assert await stored(store, run) == [(0, 1.0), (1, 2.0), (2, 0.0)]
    assert await summary(connection, run) == (3, 0, 0.0, 2.0, 0.0, 1, NOW + 2)
    await store.close()


async def _die(*_: object) -> None:
    raise RuntimeError("the server died here")


async def test_a_crash_before_the_store_has_it_repeats_the_same(connection, inbox, store, run):
    await put(inbox, run, [1.0, 2.0])
    first = await prepare(connection, await claim(connection, frozenset()))
    again = await prepare(connection, await claim(connection, frozenset()))
    assert first.additions == again.additions
    assert first.columns[0].times == again.columns[0].times


async def test_a_row_that_cannot_be_read_is_set_aside(connection, inbox, store, run):
    await put(inbox, run, [1.0])
    bodies = [b"\xc1 nonsense", batch.encode([batch.PackedSeries("loss", bytes(8), bytes(16), None)])]
    for body in bodies:
        await connection.execute("INSERT INTO sample_inbox (run_id, samples, body) VALUES (%s, 1, %s)", [run, body])
    await put(inbox, run, [2.0])
    await Mover(connection, store).move()
    assert [value for _, value in await stored(store, run)] == [1.0, 2.0]
    refused = await (await connection.execute("SELECT body, reason FROM sample_refused ORDER BY id")).fetchall()
    assert [body for body, _ in refused] == bodies
    assert "differ in length" in refused[1][1]
    assert await Mover(connection, store).move() is None


async def test_a_run_deleted_meanwhile_gets_no_summaries_and_its_samples_go(connection, database, inbox, store, run):
    other = await add_run(connection)
    await put(inbox, run, [1.0])
    await put(inbox, other, [1.0])
    flush = await prepare(connection, await claim(connection, await store.applied()))
    await store.write(flush.ids, flush.columns)
    async with database.session() as session:
        await forget_run(session, run)
        await (await session.connection()).exec_driver_sql(f"DELETE FROM run WHERE id = '{run}'")
    await settle(connection, flush)
    await forget_deleted(connection, store)
    assert await stored(store, run) == []
    assert await stored(store, other) == [(0, 1.0)]
    assert await (await connection.execute("SELECT * FROM sample_deletion")).fetchall() == []
    assert await Mover(connection, store).move() is None


async def test_a_flush_is_bounded_in_samples_and_takes_one_row_at_least(connection, inbox, store, run, monkeypatch):
    monkeypatch.setattr(flusher, "FLUSH_SAMPLES", 5)
    for count in (3, 2, 1, 9, 1):
        await put(inbox, run, [1.0] * count)
    moved = []
    while flush := await Mover(connection, store).move():
        moved.append(sum(addition.count for addition in flush.additions))
    assert moved == [5, 1, 9, 1]


async def test_a_full_inbox_sends_writers_away_with_a_time(database, run):
    inbox = Inbox(database.pool, 5)
    await put(inbox, run, [1.0] * 5)
    with pytest.raises(Unavailable) as refusal:
        await put(inbox, run, [1.0])
    assert refusal.value.retry_after_s > 0
    assert inbox.health().status == "down"


async def test_the_depth_is_measured(connection, database, inbox, store, run):
    await put(inbox, run, [1.0] * 5)
    other = Inbox(database.pool, 10)
    measuring = asyncio.create_task(other.measure())

    async def measured(depth: int) -> bool:
        return other.depth == depth and (other.oldest is None) == (depth == 0)

    await until(lambda: measured(5))
    await Mover(connection, store).move()
    await until(lambda: measured(0))
    measuring.cancel()


async def test_a_server_that_starts_finds_what_the_last_one_left(settings, connection, inbox):
    app = create_app(settings, settings.database_url)
    async with AsyncTestClient(app) as http:
        run = await register_run(http)
    for seq in range(1, 31):
        await put(inbox, run, [float(seq)] * 10, start=seq * 10, writer="w", seq=seq)
    async with AsyncTestClient(create_app(settings, settings.database_url)) as http:
        assert (await summaries(http, run, 300))["loss"]["last"] == 30.0
        health = (await http.get("/health")).json()["components"]
        assert {"samples", "inbox"} <= {component["name"] for component in health}


async def test_samples_of_a_deleted_run_leave_the_store(settings):
    app = create_app(settings, settings.database_url)
    async with AsyncTestClient(app) as http:
        run = await register_run(http)
        body = {"series": [{"key": "loss", "times": [NOW], "values": [1.0]}]}
        await http.post(f"/api/v1/runs/{run}/samples", json=body)
        await summaries(http, run, 1)
        async with app.state.database.session() as session:
            await forget_run(session, run)
            await (await session.connection()).exec_driver_sql(f"DELETE FROM run WHERE id = '{run}'")

        async def gone() -> bool:
            return not await stored(app.state.samples.store, run)

        await until(gone)


def test_a_measurement_that_was_held_up_is_not_believed_for_long():
    assert pause_after(0.001) == 1.0
    assert pause_after(0.2) == 4.0, "a long inbox is not measured all the time"
    assert pause_after(30.0) == 10.0
