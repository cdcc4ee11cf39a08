"""Finished logs move to the artifact store: nobody who reads can tell, and no crash loses or doubles a byte."""

import asyncio
import random
from uuid import UUID

import httpx
import msgspec
import pytest
import zstandard
from sqlalchemy import delete

from mltui.wire.logs import AGENT, STDERR, STDOUT, LogRecord
from mltui_server.artifacts.local import FOLDER, LocalArtifacts
from mltui_server.artifacts.object_deletion import sweep
from mltui_server.artifacts.store import ObjectMissing
from mltui_server.logs import archive
from mltui_server.logs.archive import Archivist, archive_next, object_path
from mltui_server.logs.queries import fetch_chunks
from mltui_server.logs.reading import Logs, read_raw
from mltui_server.logs.removal import forget_logs
from mltui_server.runs.models import Run
from tests.server.agents import eventually
from tests.server.logs.shipping import begin, end, found, hot_chunks, page, raw, records, ship


@pytest.fixture
def store(settings) -> LocalArtifacts:
    return LocalArtifacts(settings.data_path / FOLDER)


async def shipped(http: httpx.AsyncClient, chunks: int = 30) -> tuple[str, str, list[LogRecord]]:
    """A run with a log of about 3 MB in chunks of all sizes: ids, and what was said."""
    dice = random.Random(1)
    run, execution = await begin(http)
    said: list[LogRecord] = []
    for seq in range(1, chunks + 1):
        some = [
            LogRecord(len(said) + i, dice.choice([STDOUT, STDERR, AGENT]), dice.randbytes(dice.randrange(300)) + b"\n")
            for i in range(dice.choice([1, 10, 1_500]))
        ]
        assert (await ship(http, execution, seq, some)).status_code == 204
        said += some
    return run, execution, said


async def reads(http: httpx.AsyncClient, execution: str) -> list:
    """Everything that a reader can see of a log."""
    return [
        *[await raw(http, execution, stream) for stream in ("all", "out", "err")],
        await page(http, execution, tail=500),
        await page(http, execution, first=700, count=1_000),
        await found(http, execution, "ab"),
    ]


async def test_reading_is_the_same_before_and_after(http, database, store):
    _, execution, said = await shipped(http)
    await end(http, execution)
    before = await reads(http, execution)
    assert before[0] == b"".join(one.body for one in said if one.stream != AGENT)
    assert before[1] == b"".join(one.body for one in said if one.stream == STDOUT)
    assert await archive_next(database.pool, store, 0) == UUID(execution)
    assert await hot_chunks(database, execution) == 0
    assert await reads(http, execution) == before
    assert await archive_next(database.pool, store, 0) is None


async def test_the_object_is_plain_zstd_of_a_msgpack_stream(http, database, store):
    run, execution, said = await shipped(http)
    await end(http, execution)
    await archive_next(database.pool, store, 0)
    stored = b"".join([piece async for piece in store.stream(object_path(UUID(run), UUID(execution)))])
    reader = zstandard.ZstdDecompressor().stream_reader(stored, read_across_frames=True)
    plain = reader.read()
    frames = []
    while plain:
        frame = msgspec.msgpack.decode(zstandard.ZstdDecompressor().decompress(stored), type=list[LogRecord])
        size = len(msgspec.msgpack.encode(frame))
        frames.append(frame)
        plain, stored = plain[size:], _after_first_frame(stored)
    assert [one for frame in frames for one in frame] == said
    assert 2 <= len(frames) <= 4


def _after_first_frame(stored: bytes) -> bytes:
    decompressor = zstandard.ZstdDecompressor().decompressobj()
    decompressor.decompress(stored)
    return decompressor.unused_data


async def test_a_live_log_and_one_that_still_moves_stay(http, database, store):
    _, execution, _ = await shipped(http, chunks=1)
    assert await archive_next(database.pool, store, 0) is None
    await end(http, execution)
    assert await archive_next(database.pool, store, 3_600) is None
    assert await hot_chunks(database, execution) == 1


async def test_what_comes_late_is_read_from_both_places_and_then_added(http, database, store):
    _, execution, said = await shipped(http, chunks=5)
    await end(http, execution)
    await archive_next(database.pool, store, 0)
    late = [*records(b"late 1\n", b"late 2\n"), *records(b"late 3\n", stream=STDERR)]
    assert (await ship(http, execution, 6, late)).status_code == 204
    said += late
    everything = b"".join(one.body for one in said if one.stream != AGENT)
    assert await raw(http, execution) == everything
    before = await page(http, execution, tail=10)
    assert [line["n"] for line in before["lines"]] == list(range(len(said) - 10, len(said)))
    assert await archive_next(database.pool, store, 0) == UUID(execution)
    assert await hot_chunks(database, execution) == 0
    assert await raw(http, execution) == everything
    assert await page(http, execution, tail=10) == before


@pytest.mark.parametrize("rounds_before", [0, 1])
async def test_a_crash_between_the_object_and_the_transaction_loses_and_doubles_nothing(
    http, database, store, monkeypatch, rounds_before
):
    run, execution, said = await shipped(http, chunks=5)
    await end(http, execution)
    seq = 6
    for _ in range(rounds_before):
        await archive_next(database.pool, store, 0)
        late = records(b"late\n")
        assert (await ship(http, execution, seq, late)).status_code == 204
        said, seq = said + late, seq + 1
    everything = b"".join(one.body for one in said if one.stream != AGENT)

    class Crash(Exception):
        pass

    async def crash(*_):
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(archive, "_replace_bodies", crash)
        with pytest.raises(Crash):
            await archive_next(database.pool, store, 0)
    assert (await store.head(object_path(UUID(run), UUID(execution)))).size > 0
    assert await raw(http, execution) == everything
    # Meanwhile more may have come: the orphaned frames are written over.
    late = records(b"after the crash\n")
    assert (await ship(http, execution, seq, late)).status_code == 204
    assert await archive_next(database.pool, store, 0) == UUID(execution)
    assert await hot_chunks(database, execution) == 0
    assert await raw(http, execution) == everything + b"after the crash\n"


async def test_a_reader_on_its_way_does_not_notice_the_move(http, database, store, monkeypatch):
    monkeypatch.setitem(fetch_chunks.__kwdefaults__, "limit", 1)
    _, execution, said = await shipped(http)
    await end(http, execution)
    pieces = await read_raw(Logs(database.pool, store), UUID(execution), "all")
    got = [await anext(pieces) for _ in range(5)]
    await archive_next(database.pool, store, 0)
    got += [piece async for piece in pieces]
    assert b"".join(got) == b"".join(one.body for one in said if one.stream != AGENT)


async def test_several_servers_share_the_work(http, database, store):
    executions = [(await shipped(http, chunks=2))[1] for _ in range(6)]
    for execution in executions:
        await end(http, execution)
    moved = await asyncio.gather(*(archive_next(database.pool, store, 0) for _ in range(6)))
    moved += [await archive_next(database.pool, store, 0) for _ in range(6)]
    assert sorted(str(one) for one in moved if one) == sorted(executions)


async def test_the_servers_own_archivist_moves_logs_and_tells(http, database, monkeypatch):
    monkeypatch.setattr(archive, "LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(archive_next, "__defaults__", (0.0,))
    _, execution, _ = await shipped(http, chunks=2)
    await end(http, execution)
    archivist = Archivist(database.pool, http._transport.client.app.state.logs.store)
    working = asyncio.create_task(archivist.run())
    await eventually(lambda: hot_chunks(database, execution), lambda count: count == 0)
    working.cancel()
    health = (await http.get("/health")).json()
    components = {component["name"]: component for component in health["components"]}
    assert components["logs"]["status"] == components["artifacts"]["status"] == "ok"
    assert components["logs"]["detail"] == "0 finished logs wait for the archive"


async def test_the_logs_of_a_deleted_run_go_with_it(http, database, store):
    run, execution, _ = await shipped(http, chunks=2)
    await end(http, execution)
    await archive_next(database.pool, store, 0)
    path = object_path(UUID(run), UUID(execution))
    async with database.session() as session:
        await forget_logs(session, UUID(run))
    assert (await store.head(path)).size > 0
    await sweep(database.pool, store)
    with pytest.raises(ObjectMissing):
        await store.head(path)


async def test_an_object_that_is_gone_is_told_and_not_a_crash(http, database, store):
    run, execution, _ = await shipped(http, chunks=2)
    await end(http, execution)
    await archive_next(database.pool, store, 0)
    await store.delete(object_path(UUID(run), UUID(execution)))
    response = await http.get(f"/api/v1/executions/{execution}/log")
    assert response.status_code == 503
    assert "has no object" in response.json()["detail"]


class Interrupted(LocalArtifacts):
    """Something happens right after an object was written, before its index is."""

    async def put(self, path, body):
        await super().put(path, body)
        await self.then()


async def test_what_comes_while_the_object_is_written_waits_for_the_next_round(http, database, settings):
    _, execution, said = await shipped(http, chunks=3)
    await end(http, execution)
    store = Interrupted(settings.data_path / FOLDER)

    async def then():
        assert (await ship(http, execution, 4, records(b"meanwhile\n"))).status_code == 204

    store.then = then
    assert await archive_next(database.pool, store, 0) == UUID(execution)
    everything = b"".join(one.body for one in said if one.stream != AGENT) + b"meanwhile\n"
    assert (await hot_chunks(database, execution), await raw(http, execution)) == (1, everything)
    assert await archive_next(database.pool, LocalArtifacts(settings.data_path / FOLDER), 0) == UUID(execution)
    assert (await hot_chunks(database, execution), await raw(http, execution)) == (0, everything)


async def test_a_run_deleted_while_its_log_is_written_leaves_no_object(http, database, settings):
    run, execution, _ = await shipped(http, chunks=1)
    await end(http, execution)
    store = Interrupted(settings.data_path / FOLDER)

    async def then():
        async with database.session() as session:
            await forget_logs(session, UUID(run))
            await session.execute(delete(Run).where(Run.id == UUID(run)))
        # The lock of the one who writes keeps the sweeper away.
        assert await sweep(database.pool, store) == 0

    store.then = then
    assert await archive_next(database.pool, store, 0) is None
    with pytest.raises(ObjectMissing):
        await store.head(object_path(UUID(run), UUID(execution)))
    assert await sweep(database.pool, store) == 1


async def test_moving_a_log_holds_no_reader_of_events_back(http, database, settings):
    _, execution, _ = await shipped(http, chunks=1)
    await end(http, execution)
    store = Interrupted(settings.data_path / FOLDER)
    seen: list[str] = []

    async def then():
        newest = (await http.get("/api/v1/events", params={"limit": 1})).json()["items"][0]["id"]

        async def followed():
            return (await http.get("/api/v1/events", params={"after": newest - 1})).json()["items"]

        seen.extend(event["action"] for event in await eventually(followed, bool))

    store.then = then
    assert await archive_next(database.pool, store, 0) == UUID(execution)
    assert seen
