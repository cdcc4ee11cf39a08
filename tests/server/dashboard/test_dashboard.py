"""The dashboard: counts, rates and medians, days, slow stages, sizes, and what needs a person."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import msgpack
from sqlalchemy import event

from mltui.wire.logs import STDOUT, LogChunk, LogRecord
from mltui.wire.samples import InboxState
from mltui_server.dashboard import service
from mltui_server.dashboard.storage import StorageGauge
from mltui_server.db.database import Database
from mltui_server.samples.duckdb_store import DuckDBStore
from tests.server.agents import claim, eventually, make_pipeline, play, queued_execution, start, until_status
from tests.server.registry.registry_calls import MODELS, decide, move_alias, move_stage, register

NOTHING_WAITS = InboxState(waiting=0, oldest_s=0, capacity=1000, delayed=False, trouble="")


async def get(http, path, **parameters):
    response = await http.get(f"/api/v1/dashboard/{path}", params=parameters)
    assert response.status_code == 200, response.text
    return response.json()


async def attention(http):
    """The listed items by kind, as (name, what)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for item in (await get(http, "overview"))["attention"]:
        found.setdefault(item["kind"], []).append((item["name"], item["what"]))
    return found


async def tracked(http, name, status=None, *, took_s=60.0, ended=None, **more):
    """A run from outside; ended where a status is given, `ended` (now) after it took so long."""
    ended = ended or datetime.now(UTC)
    begun = (ended - timedelta(seconds=took_s)).isoformat()
    response = await http.post("/api/v1/runs", json={"name": name, "started_at": begun} | more)
    assert response.status_code == 201, response.text
    run_id = response.json()["id"]
    if status:
        body = {"status": status, "completed_at": ended.isoformat()}
        response = await http.post(f"/api/v1/runs/{run_id}/finish", json=body)
        assert response.status_code == 200, response.text
    return run_id


async def log(http, run_id, key, *values, at=None):
    """Samples that ended at `at` (now), once they can be read."""
    last = int((at or datetime.now(UTC)).timestamp() * 1e9)
    times = [last - 10**9 * back for back in reversed(range(len(values)))]
    series = [{"key": key, "times": times, "values": list(values), "steps": list(range(len(values)))}]
    assert (await http.post(f"/api/v1/runs/{run_id}/samples", json={"series": series})).status_code == 202

    async def readable():
        return (await http.get(f"/api/v1/runs/{run_id}/series/keys")).json()

    await eventually(readable, lambda keys: any(one["key"] == key for one in keys))


async def test_a_new_server_has_nothing_and_needs_nothing(http):
    stats = await get(http, "stats")
    assert stats == {
        "counts": {"pipelines": {}, "runs": {}, "ingestion_jobs": {}, "executions": {}},
        "models": 0, "model_versions": {}, "running": 0, "queued": 0, "success_rate": None, "median_duration": None,
    }  # fmt: skip
    overview = await get(http, "overview")
    assert overview["stats"] == stats
    assert (overview["attention"], overview["attention_counts"], overview["slowest"]) == ([], {}, [])


async def test_counts_are_by_state_and_rates_of_the_last_seven_days(http):
    for took_s in (10, 20, 60):
        await tracked(http, "good", "completed", took_s=took_s)
    await tracked(http, "bad", "failed", took_s=500)
    await tracked(http, "stopped", "cancelled")
    await tracked(http, "long ago", "failed", ended=datetime.now(UTC) - timedelta(days=8))
    await tracked(http, "going on")
    stats = await get(http, "stats")
    assert stats["counts"]["runs"] == {"completed": 3, "failed": 2, "cancelled": 1, "running": 1}
    assert stats["counts"]["pipelines"] == {"running": 1}, "a pipeline is in the state of its latest run"
    assert (stats["running"], stats["queued"]) == (1, 0)
    assert (stats["success_rate"], stats["median_duration"]) == (0.75, 20.0)


async def test_what_waits_and_what_an_agent_holds_are_counted(http):
    await make_pipeline(http)
    run_id = await start(http)
    execution = await queued_execution(http, run_id, "a")
    assert (await get(http, "stats"))["counts"]["executions"] == {"queued": 1}
    assert (await claim(http, execution)).status_code == 200
    counts = (await get(http, "stats"))["counts"]
    assert (counts["executions"], counts["pipelines"]) == ({"running": 1}, {"running": 1})


async def test_days_begin_where_the_asker_lives(http):
    now = datetime.now(UTC)
    for hours in range(0, 48, 6):
        await tracked(http, "run", "completed" if hours % 12 else "failed", ended=now - timedelta(hours=hours))
    for tz in ("UTC", "Pacific/Auckland", "America/St_Johns", "-09:30"):
        answer = await get(http, "trends", days=3, tz=tz)
        zone = service.zone_of(tz)
        expected: dict[str, list[int]] = {}
        for hours in range(0, 48, 6):
            day = (now - timedelta(hours=hours)).astimezone(zone).date().isoformat()
            counts = expected.setdefault(day, [0, 0])
            counts[0 if hours % 12 else 1] += 1
        days = answer["days"]
        assert {d["date"]: [d["completed"], d["failed"]] for d in days if d["completed"] or d["failed"]} == expected
        assert (len(days), days[-1]["date"]) == (3, now.astimezone(zone).date().isoformat())
    assert answer["days"][-1]["median_duration"] in (None, 60.0)


@given(
    now=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    days=st.integers(1, 30),
    zone=st.sampled_from(["Europe/Berlin", "America/Havana", "Asia/Kathmandu", "Australia/Lord_Howe"]),
)
def test_days_are_whole_whatever_the_clocks_do(now, days, zone):
    borders = service.midnights(now, days, ZoneInfo(zone))
    assert len(borders) == days + 1
    assert borders[-2] <= now < borders[-1]
    for one, following in pairwise(borders):
        assert (one.time().isoformat(), (following.date() - one.date()).days) == ("00:00:00", 1)
        assert 23 <= (following.astimezone(UTC) - one.astimezone(UTC)).total_seconds() / 3600 <= 25


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"days": 0}, "days=0; it must be between 1 and 366"),
        ({"tz": "Mars/Olympus"}, "no time zone 'Mars/Olympus'; write a name as in Europe/Berlin, or an offset"),
        ({"tz": "America"}, "no time zone 'America'"),
        ({"tz": "../../etc/passwd"}, "no time zone '../../etc/passwd'"),
        ({"tz": "+99:00"}, "no time zone '+99:00'"),
        ({"tz": ""}, "no time zone ''"),
    ],
)
async def test_a_question_that_cannot_be_meant_is_refused(http, asked, message):
    response = await http.get("/api/v1/dashboard/trends", params=asked)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert message in response.json()["detail"]


async def test_the_slowest_stages_come_first(http, dsn):
    stages = [{"name": "quick", "command": "true"}, {"name": "slow", "command": "true", "dependencies": ["quick"]}]
    await make_pipeline(http, stages=stages)
    for _ in range(2):
        run_id = await start(http)
        await play(http, run_id, "quick")
        await play(http, run_id, "slow")
        await until_status(http, run_id, "completed")
    with psycopg.connect(dsn) as connection:
        connection.execute("UPDATE stage_run SET execution_time = CASE name WHEN 'slow' THEN 90 ELSE 1.5 END")
    slowest = (await get(http, "overview"))["slowest"]
    assert [(s["pipeline"], s["stage"], s["median_duration"], s["count"]) for s in slowest] == [
        ("p", "slow", 90.0, 2),
        ("p", "quick", 1.5, 2),
    ]


async def test_storage_is_measured(http):
    storage = (await get(http, "overview"))["storage"]
    assert 0 < storage["disk_free"] <= storage["disk_total"]
    sizes = [table["size"] for table in storage["tables"]]
    assert sizes == sorted(sizes, reverse=True)
    assert 0 < sum(sizes) < storage["database"]
    assert storage["samples"] > 0
    assert (storage["logs"], storage["artifacts"]) == (0, 0)


async def test_a_run_that_failed_lately_needs_attention_until_it_is_retried(http):
    await make_pipeline(http)
    run_id = await start(http, name="broken")
    await play(http, run_id, "a", exit_code=3)
    await until_status(http, run_id, "failed")
    await tracked(http, "old", "failed", ended=datetime.now(UTC) - timedelta(hours=25))
    assert [name for name, _ in (await attention(http))["failed"]] == ["broken"]
    item = (await get(http, "overview"))["attention"][0]
    assert (item["object_type"], item["object_id"], item["run_id"]) == ("run", run_id, run_id)
    assert "exit code 3" in item["what"]
    assert (await http.post(f"/api/v1/runs/{run_id}/retry")).status_code == 201
    assert await attention(http) == {}


async def test_more_than_are_listed_are_counted(http):
    for number in range(23):
        await tracked(http, f"bad-{number}", "failed")
    overview = await get(http, "overview")
    assert [item["name"] for item in overview["attention"]] == [f"bad-{22 - i}" for i in range(20)]
    assert overview["attention_counts"] == {"failed": 23}


async def test_a_run_that_says_nothing_looks_stalled(http):
    long_ago = datetime.now(UTC) - timedelta(minutes=11)
    silent = await tracked(http, "silent", ended=long_ago)
    await log(http, silent, "loss", 0.5, at=long_ago)
    await log(http, silent, "sys/main/host/cpu_percent", 3.0)
    speaking = await tracked(http, "speaking", ended=long_ago)
    await log(http, speaking, "loss", 0.4)
    await tracked(http, "young")
    found = await attention(http)
    assert found == {"stalled": [("silent", "no log line and no metric for over 10 minutes")]}
    await log(http, silent, "val/loss", 0.4)
    assert await attention(http) == {}


async def test_a_log_line_is_a_sign_of_life(http, dsn):

    await make_pipeline(http)
    run_id = await start(http, name="writer")
    execution = await queued_execution(http, run_id, "a")
    assert (await claim(http, execution)).status_code == 200
    with psycopg.connect(dsn) as connection:
        for table in ("run", "stage_run", "execution"):
            connection.execute(f"UPDATE {table} SET started_at = started_at - interval '11 minutes'")
    assert [name for name, _ in (await attention(http))["stalled"]] == ["writer"]
    chunk = msgpack.encode(LogChunk(1, [LogRecord(0, STDOUT, b"epoch 1\n")]))
    headers = {"Content-Type": "application/msgpack"}
    answer = await http.post(f"/api/v1/executions/{execution}/log", content=chunk, headers=headers)
    assert answer.is_success, answer.text
    assert await attention(http) == {}


async def test_series_that_went_nan_need_attention_while_their_run_lives_and_a_day_after(http):
    diverged = await tracked(http, "diverged")
    for key in ("d", "c", "b", "a"):
        await log(http, diverged, key, 1.0, "NaN")
    await log(http, diverged, "sys/main/gpu0/utilization_percent", "NaN")
    ended = await tracked(http, "ended", took_s=90)
    await log(http, ended, "loss", "Infinity")
    long_ago = datetime.now(UTC) - timedelta(days=2)
    old = await tracked(http, "old", ended=long_ago)
    await log(http, old, "loss", "NaN", at=long_ago)
    for run_id, at in ((ended, datetime.now(UTC)), (old, long_ago)):
        body = {"status": "completed", "completed_at": at.isoformat()}
        assert (await http.post(f"/api/v1/runs/{run_id}/finish", json=body)).status_code == 200
    assert await attention(http) == {
        "nonfinite": [("diverged", "NaN or infinite: a, b, c and 1 more"), ("ended", "NaN or infinite: loss")]
    }


async def test_parts_that_are_not_well_come_first(http, dsn):
    run_id = await tracked(http, "bad", "failed")
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "INSERT INTO sample_refused (id, run_id, body, reason) VALUES (1, %s, '', 'the disk said no')", [run_id]
        )
    overview = await get(http, "overview")
    assert [item["kind"] for item in overview["attention"]] == ["refused", "failed"]
    assert "the disk said no" in overview["attention"][0]["what"]
    assert overview["attention"][0]["run_id"] is None


async def test_samples_that_wait_are_said_and_then_nobody_is_called_stalled(http, dsn):
    await tracked(http, "silent", ended=datetime.now(UTC) - timedelta(minutes=11))
    assert list(await attention(http)) == ["stalled"]
    with psycopg.connect(dsn) as connection:
        # As while another statement holds the table up: what has come in cannot leave.
        connection.execute("LOCK TABLE run_series IN SHARE MODE")
        run_id = await tracked(http, "sender")
        series = [{"key": "loss", "times": [1], "values": [0.5], "steps": [0]}]
        assert (await http.post(f"/api/v1/runs/{run_id}/samples", json={"series": series})).status_code == 202
        found = await eventually(lambda: attention(http), lambda kinds: "inbox" in kinds)
        assert list(found) == ["inbox"]
        assert "1 sample waits" in found["inbox"][0][1]
    await eventually(lambda: attention(http), lambda kinds: list(kinds) == ["stalled"])


async def test_the_number_of_queries_does_not_depend_on_how_much_there_is(http, database: Database, tmp_path):
    asked: list[str] = []
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *at: asked.append(at[2]))
    store = DuckDBStore(tmp_path / "samples.duckdb", "256MB")

    async def counted():
        numbers = []
        gauge = StorageGauge(tmp_path, store)
        for ask in (
            service.stats,
            lambda session: service.trends(session, 30, "UTC"),
            lambda session: service.overview(session, gauge, NOTHING_WAITS, []),
            lambda session: service.overview(session, gauge, NOTHING_WAITS, []),
        ):
            asked.clear()
            async with database.session() as session:
                await ask(session)
            numbers.append(len(asked))
        return numbers

    first = await counted()
    for number in range(12):
        run_id = await tracked(http, f"run-{number}", "failed" if number % 2 else None, pipeline=f"p{number}")
        await log(http, run_id, "loss", "NaN")
    assert await counted() == first == [3, 1, 11, 8]
    await store.close()


async def test_models_are_counted_and_their_versions_by_status(http):
    for _ in range(3):
        await register(http)
    await register(http, "fraud", status="pending")
    await http.patch(f"{MODELS}/digits/versions/1", json={"status": "archived"})
    await http.delete(f"{MODELS}/digits/versions/2")
    stats = await get(http, "stats")
    assert (stats["models"], stats["model_versions"]) == (2, {"pending": 1, "ready": 1, "archived": 1})


async def test_moves_that_wait_need_attention_until_somebody_decides(http):
    for _ in range(2):
        await register(http)
    await http.patch(f"{MODELS}/digits", json={"approval": True})
    await move_alias(http, "champion", 2)
    await move_stage(http, 1, "Production")
    assert (await attention(http))["approval"] == [
        ("digits", "version 1 from None to Production, asked for by ada: it passed"),
        ("digits", "@champion from none to 2, asked for by ada: it is better"),
    ]
    overview = await get(http, "overview")
    assert overview["attention_counts"] == {"approval": 2}
    for item, verb in zip(overview["attention"], ("approve", "reject"), strict=True):
        assert (item["object_type"], item["run_id"]) == ("approval", None)
        assert (await decide(http, item["object_id"], verb, "bob")).status_code == 200
    assert await attention(http) == {}
