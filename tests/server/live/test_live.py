"""The story of a live client: told at once, told what it missed, told nothing else, whatever goes away meanwhile."""

import asyncio
from contextlib import AsyncExitStack
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from mltui import __version__
from mltui.stream import Live
from mltui.wire.live import Topic
from mltui_server.app import create_app
from mltui_server.db.notify import CHANNEL
from mltui_server.events.service import record
from mltui_server.lib.principal import SYSTEM
from mltui_server.live.hub import MAX_TOPICS
from tests.server.agents import make_pipeline, start
from tests.server.live.conftest import WAIT_S, Server, bound
from tests.server.logs.shipping import begin, end, records, ship

RECORD = """
INSERT INTO event (actor, action, object_type, object_id, run_id) VALUES ('ada', 'run.start', 'run', %s, %s)"""
NOTIFY = f"SELECT pg_notify('{CHANNEL}', 'events')"


async def happen(database, action: str, object_id: UUID, run_id: UUID | None = None) -> None:
    async with database.session() as session:
        await record(session, SYSTEM, action, object_id, run_id=run_id)


async def say_in(connection: psycopg.AsyncConnection, run: UUID) -> None:
    await connection.execute(RECORD, [str(run), run])
    await connection.execute(NOTIFY)


async def test_a_subscriber_is_told_at_once_and_then_of_every_change(server, database):
    async with server.client() as client:
        await client.subscribe("runs", "pipelines")
        assert (await client.hear_of("runs")).ids == []
        run = uuid4()
        await happen(database, "run.start", run, run)
        await client.hear_of("runs", str(run))
        pipeline = uuid4()
        await happen(database, "pipeline.create", pipeline)
        await client.hear_of("pipelines", str(pipeline))


async def test_hello_tells_the_version(server):
    async with server.client() as client:
        await client.say("{}")
        await client.nothing_but()
    async with connect(f"ws://127.0.0.1:{server.port}/ws/a-B_9", proxy=None) as connection:
        hello = msgspec.json.decode(await connection.recv())
        assert hello == {"type": "hello", "detail": __version__}


async def test_clients_hear_only_what_they_asked_for(server, database):
    mine, other = uuid4(), uuid4()
    async with server.client("one") as one, server.client("two") as two:
        await one.subscribe(f"run:{mine}")
        await one.hear_of(f"run:{mine}")
        await two.subscribe("runs")
        await two.hear_of("runs")
        await happen(database, "run.start", other, other)
        await two.hear_of("runs", str(other))
        await one.nothing_but()
        await happen(database, "stage_run.fail", uuid4(), mine)
        assert (await one.hear()).topic == f"run:{mine}"
        await two.hear_of("runs", str(mine))
        await two.unsubscribe("runs")
        await two.nothing_but("runs")
        await happen(database, "run.start", mine, mine)
        await one.hear_of(f"run:{mine}")
        await two.nothing_but()


async def test_a_run_that_moves_moves_its_pipelines_row(server, http, database):
    pipeline = await make_pipeline(http)
    async with server.client() as client:
        await client.subscribe("pipelines")
        await client.hear_of("pipelines")
        await start(http)
        await client.hear_of("pipelines", pipeline["id"])


async def test_who_comes_back_with_a_cursor_is_told_exactly_what_it_missed(server, database):
    before, missed, after = uuid4(), [uuid4() for _ in range(5)], uuid4()
    topics = ("runs", "events", "pipelines", f"run:{missed[0]}", f"run:{before}")
    async with server.client() as client:
        await client.subscribe(*topics)
        await happen(database, "run.start", before, before)
        await client.hear_of("runs", str(before))
        while client.cursors.keys() != set(topics) or len({*client.cursors.values()}) > 1:
            # Until every topic's cursor is behind the last event.
            await client.subscribe(*topics)
            for _ in topics:
                await client.hear()
    for run in missed:
        await happen(database, "stage_run.start", run, run)
    async with server.client() as client2:
        await client2.subscribe(*(Topic(name, client.cursors[name]) for name in topics))
        heard: dict[str, set[str]] = {}
        while heard.keys() != {"runs", "events", f"run:{missed[0]}"} or heard["runs"] != set(map(str, missed)):
            notice = await client2.hear()
            heard.setdefault(notice.topic, set()).update(notice.ids)
        # Neither the pipelines nor the other run changed.
        await client2.nothing_but("runs", "events")
        await happen(database, "run.start", after, after)
        await client2.hear_of("runs", str(after))


async def test_who_missed_too_much_is_told_to_fetch_everything(server, database):
    async with server.client() as client:
        await client.subscribe("runs")
        cursor = (await client.hear_of("runs")).cursor
        async with database.pool.connection() as connection:
            await connection.execute(
                "INSERT INTO event (actor, action, object_type, object_id, run_id) "
                "SELECT 'ada', 'run.start', 'run', r::text, r "
                "FROM (SELECT gen_random_uuid() r FROM generate_series(1, 1500)) AS runs"
            )
            await connection.execute(NOTIFY)
        assert (await client.hear_of("runs")).ids == []
        async with server.client("other") as other:
            await other.subscribe(Topic("runs", cursor))
            assert (await other.hear_of("runs")).ids == []


@pytest.mark.parametrize("cursor", ["", "x", "1", "-1.2", "9" * 30 + ".1", "999999999.1", "1.2.3"])
async def test_a_cursor_that_is_none_of_ours_is_answered_at_once(server, cursor):
    async with server.client() as client:
        await client.subscribe(Topic("runs", cursor))
        assert (await client.hear_of("runs")).ids == []


async def test_transactions_that_commit_out_of_order_are_all_told_and_none_is_skipped_by_a_resume(server, dsn):
    """The older transaction commits last: a reader that went by ids or by what is visible would never see it."""
    early, late = uuid4(), uuid4()
    async with AsyncExitStack() as stack:
        first, second = [await stack.enter_async_context(await psycopg.AsyncConnection.connect(dsn)) for _ in range(2)]
        client = await stack.enter_async_context(server.client("one"))
        await client.subscribe("runs")
        await client.hear_of("runs")
        cursor = client.cursors["runs"]
        await say_in(first, early)
        await say_in(second, late)
        await second.commit()
        other = await stack.enter_async_context(server.client("two"))
        await other.subscribe(Topic("runs", cursor), "events")
        await other.hear_of("events")
        # Nobody has been told a cursor that is past the transaction that still runs.
        assert client.cursors["runs"] == other.cursors["events"] == cursor
        await first.commit()
        for listener in (client, other):
            await listener.hear_of("runs", str(early), str(late))


async def test_many_writers_at_once_and_a_client_that_comes_and_goes_misses_nothing(server, dsn):
    runs = [uuid4() for _ in range(120)]

    async def write(mine: list[UUID]) -> None:
        async with await psycopg.AsyncConnection.connect(dsn) as connection:
            for i, run in enumerate(mine):
                await say_in(connection, run)
                await asyncio.sleep(0.001 * (i % 5))
                await connection.commit()

    writing = asyncio.gather(*(write(runs[i::6]) for i in range(6)))
    heard: set[str] = set()
    cursor: str | None = None
    async with server.client() as client:
        await client.subscribe("runs")
        cursor = (await client.hear_of("runs")).cursor
        # What was written before the first cursor is what a client fetches.
        async with await psycopg.AsyncConnection.connect(dsn) as connection:
            xid, id_ = cursor.split(".")
            query = "SELECT object_id FROM event WHERE (xid, id) <= (%s, %s)"
            heard |= {row[0] for row in await (await connection.execute(query, [xid, id_])).fetchall()}
    async with asyncio.timeout(WAIT_S):
        while heard != set(map(str, runs)):
            async with server.client() as client:
                await client.subscribe(Topic("runs", cursor))
                notice = await client.hear_of("runs")
                assert notice.ids
                heard |= set(notice.ids)
                cursor = notice.cursor
    await writing


async def test_a_log_and_a_series_are_told_by_how_far_they_have_come(server, http, database):
    run, execution = await begin(http)
    log, series = f"log:{execution}", f"series:{run}"
    async with server.client() as client:
        await client.subscribe(log, series)
        assert {(notice.topic, notice.cursor) for notice in [await client.hear(), await client.hear()]} == {
            (log, "0"), (series, "0")
        }  # fmt: skip
        await ship(http, execution, 1, records(b"a\n", b"b\n"))
        while (await client.hear_of(log)).cursor != "2":
            pass
        async with database.pool.connection() as connection:
            await connection.execute("UPDATE run SET sample_version = 7 WHERE id = %s", [run])
            await connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, series])
        while (await client.hear_of(series)).cursor != "7":
            pass
    async with server.client() as again:
        await again.subscribe(Topic(log, "2"), Topic(series, "7"))
        await again.nothing_but()
        await again.subscribe(Topic(log, "1"), Topic(series, "6"))
        assert {(await again.hear()).cursor, (await again.hear()).cursor} == {"2", "7"}
        await end(http, execution)
        assert (await again.hear_of(log)).cursor == "2"
        await again.subscribe(Topic(log, "2"))
        assert (await again.hear_of(log)).cursor == "2"


async def test_a_lost_listener_comes_back_and_tells_what_was_said_meanwhile(server, dsn, database):
    async with server.client() as client, await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await client.subscribe("runs")
        await client.hear_of("runs")
        run = uuid4()
        # Recorded without a word, so that only a resync can tell it.
        await connection.execute(RECORD, [str(run), run])
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND query LIKE 'LISTEN%%'"
        )
        await client.hear_of("runs", str(run))


async def test_a_reader_that_reads_nothing_gets_the_sum_of_it(server, database):
    async with server.client("slow") as slow, server.client("quick") as quick:
        await slow.subscribe("runs")
        await slow.hear_of("runs")
        slow.connection.transport.pause_reading()
        runs = [uuid4() for _ in range(150)]
        await quick.subscribe("runs")
        await quick.hear_of("runs")
        for run in runs:
            await happen(database, "run.start", run, run)
        await quick.hear_of("runs", str(runs[-1]))
        mailboxes = server.app.state.hub._mailboxes
        assert all(len(mailbox._waiting) <= 1 for mailbox in mailboxes)
        slow.connection.transport.resume_reading()
        await slow.hear_of("runs", *map(str, runs))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("nonsense", "not a command"),
        ("[]", "it must be an object, not a list"),
        ('{"subscribe": ["runs"]}', "$.subscribe[0]"),
        (b"\xff", "not a command"),
        ('{"subscribe": [{"name": "everything"}]}', "no topic 'everything'; the topics are runs"),
        ('{"subscribe": [{"name": "run:1"}]}', "no topic 'run:1'"),
        ("x" * 70_000, "at most 65536"),
    ],
)
async def test_a_bad_command_is_answered_with_what_is_wrong_and_the_connection_stays(server, said, words):
    async with server.client() as client:
        await client.say(said)
        notice = await client.hear()
        assert (notice.type, words in notice.detail) == ("problem", True), notice
        await client.subscribe("runs")
        assert (await client.hear_of("runs")).type == "notice"


async def test_topics_are_bounded(server):
    async with server.client() as client:
        await client.subscribe(*(f"run:{uuid4()}" for _ in range(MAX_TOPICS)))
        await client.subscribe("runs")
        while (notice := await client.hear()).type != "problem":
            assert notice.topic != "runs"
        assert str(MAX_TOPICS) in notice.detail


@pytest.mark.parametrize("name", ["a" * 65, "a.b", "%20"])
async def test_a_client_id_that_is_none_is_refused_with_the_reason(server, name):
    async with connect(f"ws://127.0.0.1:{server.port}/ws/{name}", proxy=None) as connection:
        problem = msgspec.json.decode(await connection.recv())
        assert (problem["type"], "not a client id" in problem["detail"]) == ("problem", True)
        with pytest.raises(ConnectionClosed):
            await connection.recv()
        assert connection.close_code == 1008


async def test_a_server_that_stops_says_so_at_once(settings):
    server = Server(create_app(settings, settings.database_url), bound())
    await server.started()
    async with server.client() as client:
        await client.subscribe("runs")
        await client.hear_of("runs")
        async with asyncio.timeout(WAIT_S):
            await server.stop()
        with pytest.raises(ConnectionClosed):
            while True:
                await client.hear()
        assert client.connection.close_code == 1012


async def test_the_consoles_own_client_follows_over_a_restart_of_the_server(settings, database):
    server = Server(create_app(settings, settings.database_url), bound())
    await server.started()
    async with Live(f"http://127.0.0.1:{server.port}", "console") as live:
        live.subscribe("runs")
        notices = aiter(live)
        async with asyncio.timeout(WAIT_S):
            assert (await anext(notices)).topic == "runs"
            await server.stop()
            run = uuid4()
            await happen(database, "run.start", run, run)
            server = Server(create_app(settings, settings.database_url), bound(server.port))
            await server.started()
            assert (await anext(notices)).ids == [str(run)]
    await server.stop()
