"""InfluxDB stopped, killed, shut against us or choosy under the real flusher: nothing is lost, nothing is doubled."""

import asyncio
import math
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from uuid import UUID

import httpx
import msgspec
import psycopg
import pytest
from flush_calls import NOW, add_run, put
from influx_process import InfluxProcess, direct, influxd
from litestar.testing import AsyncTestClient
from sample_calls import register_run, until

from mltui_server.app import create_app
from mltui_server.metrics import reading
from mltui_server.samples import batch, flusher
from mltui_server.samples.flusher import Flusher, Mover
from mltui_server.samples.influx import client, presence
from mltui_server.samples.influx.access import Access, Retention
from mltui_server.samples.influx.store import InfluxStore
from mltui_server.samples.store import Selection, StoreError

BATCHES, SAMPLES = 60, 50
ANSWERED_S = 60.0
"""Past this, somebody waits for a server that hangs."""


@pytest.fixture
async def run(connection: psycopg.AsyncConnection) -> UUID:
    return await add_run(connection)


@pytest.fixture
async def store(influx_access: Access) -> AsyncIterator[InfluxStore]:
    store = InfluxStore(influx_access, Retention())
    yield store
    await store.close()


@asynccontextmanager
async def flushing(dsn: str, store: InfluxStore, inbox) -> AsyncIterator[Flusher]:
    work = Flusher(dsn, store, inbox)
    task = asyncio.create_task(work.run())
    yield work
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def stored(store: InfluxStore, run: UUID, key: str = "loss") -> list[tuple]:
    parts = [part async for part in store.export(Selection(run, [key], "time"), key)]
    return [(row["time"] - NOW, row["step"], row["value"]) for part in parts for row in part.to_pylist()]


async def left(connection: psycopg.AsyncConnection) -> int:
    return (await (await connection.execute("SELECT count(*) FROM sample_inbox")).fetchone())[0]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_a_server_that_goes_and_comes_back_has_everything_once(
    how, dsn, connection, inbox, run, influx_process, monkeypatch
):  # fmt: skip
    for name, value in (("FIRST_DELAY_S", 0.05), ("LONGEST_DELAY_S", 0.1), ("POLL_EVERY_S", 0.05), ("FLUSH_ROWS", 3)):
        monkeypatch.setattr(flusher, name, value)
    store = InfluxStore(Access(influx_process.url, "mltui"), Retention())

    async def write() -> None:
        for number in range(BATCHES):
            start = number * SAMPLES
            await put(inbox, run, [float(start + i) for i in range(SAMPLES)], start=start, writer="w", seq=number + 1)
            await asyncio.sleep(0.01)

    async with flushing(dsn, store, inbox) as work:
        writing = asyncio.create_task(write())
        for _ in range(2):
            await asyncio.sleep(0.15)
            influx_process.stop(how)

            async def troubled() -> bool:
                return "cannot be reached" in work.trouble

            await until(troubled)
            assert (await store.health()).status == "degraded"
            influx_process.start()
        await writing

        async def empty() -> bool:
            return await left(connection) == 0

        await until(empty)
    total = BATCHES * SAMPLES
    assert await stored(store, run) == [(i, i, float(i)) for i in range(total)]
    found = await (await connection.execute("SELECT count, last FROM run_series WHERE run_id = %s", [run])).fetchone()
    assert found == (total, total - 1.0)
    await store.close()


async def test_a_server_that_hangs_is_not_a_question_too_large(settings, influx_process, monkeypatch):
    monkeypatch.setattr(reading, "READ_TIMEOUT_S", 0.5)
    monkeypatch.setattr(client, "PING_S", 0.5)
    here = msgspec.structs.replace(settings, influx_url=influx_process.url)
    async with AsyncTestClient(create_app(here, settings.database_url)) as http:
        await http.post("/api/v1/metrics", json={"name": "depth", "type": "gauge"})
        await http.post("/api/v1/metrics/depth/data", json={"value": 1})
        question = "/api/v1/metrics/depth/data?buckets=10"

        async def readable() -> bool:
            return bool((await http.get(question)).json().get("series"))

        await until(readable)
        run = await register_run(http)
        with influx_process.suspended():
            for url in (question, f"/api/v1/runs/{run}/series.csv"):
                answer = await http.get(url)
                assert answer.status_code == 503, answer.text
                assert "does not answer in time" in answer.json()["detail"]
        await until(readable)


async def test_who_asks_one_that_is_known_to_hang_is_answered_at_once(settings, influx_process, monkeypatch):
    monkeypatch.setattr(reading, "READ_TIMEOUT_S", 0.5)
    here = msgspec.structs.replace(settings, influx_url=influx_process.url)
    async with AsyncTestClient(create_app(here, settings.database_url)) as http:
        run = await register_run(http)
        await http.post("/api/v1/metrics", json={"name": "depth", "type": "gauge"})
        await http.post("/api/v1/metrics/depth/data", json={"value": 1})
        question = "/api/v1/metrics/depth/data?buckets=10"

        async def readable() -> bool:
            return bool((await http.get(question)).json().get("series"))

        await until(readable)
        with influx_process.suspended():
            assert (await http.get(question)).status_code == 503
            for limit in ("PING_S", "ANSWER_S"):
                monkeypatch.setattr(client, limit, 3600.0)
            monkeypatch.setattr(presence, "AT_ONCE_S", 3600.0)
            monkeypatch.setattr(reading, "READ_TIMEOUT_S", 3600.0)
            questions = [question, "/api/v1/metrics/depth/data?format=csv", f"/api/v1/runs/{run}/series.csv"]
            async with asyncio.timeout(ANSWERED_S):
                answers = await asyncio.gather(*(http.get(url) for url in questions * 10))
                health = (await http.get("/health")).json()
            assert {answer.status_code for answer in answers} == {503}
            assert {answer.json()["detail"] for answer in answers} == {
                f"InfluxDB at {influx_process.url} does not answer in time; see how it is"
            }
            assert "does not answer in time" in str(health["components"])
        await until(readable)


async def test_a_write_that_broke_off_is_repeated_in_place(connection, inbox, store, run, monkeypatch):
    await put(inbox, run, [1.0, "NaN", 3.0])
    with monkeypatch.context() as patch:
        patch.setattr(flusher, "settle", _die)
        with pytest.raises(RuntimeError):
            await Mover(connection, store).move()
    assert len(await stored(store, run)) == 3
    await put(inbox, run, [4.0], start=3)
    while await Mover(connection, store).move():
        pass
    assert [row[:2] for row in await stored(store, run)] == [(0, 0), (1, 1), (2, 2), (3, 3)]


async def test_a_full_disk_loses_nothing(dsn, connection, inbox, run, small_disk, monkeypatch):
    for name, value in (("FIRST_DELAY_S", 0.05), ("LONGEST_DELAY_S", 0.1), ("POLL_EVERY_S", 0.05)):
        monkeypatch.setattr(flusher, name, value)
    influx = InfluxProcess(influxd(), small_disk / "influx")
    influx.start()
    store = InfluxStore(Access(influx.url, "mltui"), Retention())
    filler = small_disk / "filler"

    async def empty() -> bool:
        return await left(connection) == 0

    async with flushing(dsn, store, inbox) as work:
        await put(inbox, run, [0.0] * 1000)
        await until(empty)
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        for start in range(1000, 11_000, 1000):
            await put(inbox, run, [float(start + i) for i in range(1000)], start=start)

        async def troubled() -> bool:
            return work.trouble.startswith(f"disk full: InfluxDB at {influx.url} says HTTP 500: ")

        await until(troubled)
    # 1.6 stays so until it is started again, and what it does when it has room before that is not to be relied on.
    influx.stop()
    filler.unlink()
    influx.start()
    # Now it would write behind what it could not finish, and find nothing of that after the next start.
    influx.stop()
    influx.start()
    async with flushing(dsn, store, inbox):
        await until(empty)
    influx.stop(signal.SIGKILL)
    influx.start()
    assert [(step, value) for _, step, value in await stored(store, run)] == [
        (i, float(i) if i >= 1000 else 0.0) for i in range(11_000)
    ]
    await store.close()
    influx.stop()


async def _die(*_: object) -> None:
    raise RuntimeError("the server died here")


async def test_a_poisoned_batch_is_set_aside_and_the_rest_goes_on(connection, inbox, store, run):
    await store.health()  # makes the database
    await _analyst_writes(store, "resource", "resource,run=x,node=n,scope=train,device=process cpu=1i 5")
    await put(inbox, run, [1.0, 2.0])
    await put(inbox, run, [7.0, "Infinity", 9.0], key="sys/train/process/cpu")
    await put(inbox, run, [3.0], start=2)
    await Mover(connection, store).move()
    assert [row[2] for row in await stored(store, run)] == [1.0, 2.0, 3.0]
    assert await left(connection) == 0
    [(body, reason)] = await (await connection.execute("SELECT body, reason FROM sample_refused")).fetchall()
    assert "type" in reason
    values = [value for series in batch.decode(body) for value in memoryview(series.values).cast("d")]
    kept = [row[2] for row in await stored(store, run, "sys/train/process/cpu")]
    assert (values, kept) == ([7.0, 9.0], [math.inf])
    counts = await (await connection.execute("SELECT key, count FROM run_series ORDER BY key")).fetchall()
    assert counts == [("loss", 3), ("sys/train/process/cpu", 1)]


async def _analyst_writes(store: InfluxStore, policy: str, line: str) -> None:
    """A field of another type than ours, in the shard of NOW."""
    access = store._client.access
    async with direct(access) as http:
        line = line.rpartition(" ")[0] + f" {NOW - 10**9}"
        answer = await http.post("/write", params={"db": access.database, "rp": policy}, content=line)
        assert answer.status_code == 204, answer.text


async def test_samples_older_than_retention_are_refused_in_one_piece(connection, inbox, influx_access, run):
    store = InfluxStore(influx_access, Retention(metrics="1d"))
    await put(inbox, run, [float(i) for i in range(1000)])
    await connection.execute("UPDATE sample_inbox SET body = %s", [_aged(await _body(connection))])
    await Mover(connection, store).move()
    [reason] = await (await connection.execute("SELECT reason FROM sample_refused")).fetchone()
    assert "retention policy" in reason
    assert await left(connection) == 0
    await store.close()


async def _body(connection) -> bytes:
    return (await (await connection.execute("SELECT body FROM sample_inbox")).fetchone())[0]


def _aged(body: bytes) -> bytes:
    """The same samples, measured in 1970."""
    return batch.encode([batch.PackedSeries(one.key, bytes(len(one.times)), one.values, one.steps)
                         for one in batch.decode(body)])  # fmt: skip


async def test_a_dropped_database_is_made_again(store):
    access = store._client.access
    assert (await store.health()).status == "ok"
    async with direct(access) as http:
        await http.post("/query", data={"q": f'DROP DATABASE "{access.database}"'})
    lost = await store.health()
    assert lost.status == "degraded"
    assert f"database not found: {access.database}" in lost.detail
    assert (await store.health()).status == "ok"


async def test_wrong_credentials_are_one_clear_line_without_them(tmp_path):
    process = InfluxProcess(influxd(), tmp_path / "influxd", auth=True)
    process.start()
    async with httpx.AsyncClient(base_url=process.url, trust_env=False) as http:
        await http.post("/query", data={"q": "CREATE USER \"ada\" WITH PASSWORD 'right' WITH ALL PRIVILEGES"})
    good = Access(process.url, "mltui", user="ada", password="right")
    for access in (replace(good, password="wrong-secret"), Access(process.url, "mltui", token="wrong-secret")):
        store = InfluxStore(access, Retention())
        with pytest.raises(StoreError, match=r"does not let us in.*check INFLUX_TOKEN") as refusal:
            await store.write([1], [])
        assert "\n" not in str(refusal.value)
        assert "wrong-secret" not in str(refusal.value) + str(await store.health()) + repr(access)
        await store.close()
    store = InfluxStore(good, Retention())
    assert (await store.health()).status == "ok"
    await store.close()
    process.stop()


async def test_nobody_there_is_degraded(unused_tcp_port):
    store = InfluxStore(Access(f"http://127.0.0.1:{unused_tcp_port}", "mltui"), Retention())
    health = await store.health()
    assert health.status == "degraded"
    assert "start it, or check INFLUX_URL" in health.detail
    await store.close()
