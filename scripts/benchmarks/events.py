"""Events: pages of a long history over HTTP, by cursor and by each filter, beside OFFSET; and its way into a file."""

import time
from collections.abc import Iterator

import httpx
import psutil
import psycopg

from benchmarks.figure import Figure
from benchmarks.server import bench_server

EVENTS, QUICK_EVENTS = 5_000_000, 100_000
LIMIT = 100
REPEAT = 20
SECONDS_APART = 4
EXPORTED = 10
"""One event in so many is in the file."""
SHARED = "model.pt"
"""What some eighty runs are called."""
ROWS = f"""
INSERT INTO event (time, actor, action, object_type, object_id, run_id, before, after, message, request_id)
SELECT now() - make_interval(secs => {SECONDS_APART} * (%(count)s - n)), (ARRAY['ada', 'alan', 'grace', 'server'])[1 + n %% 4],
  action, split_part(action, '.', 1), md5((n / 12)::text)::uuid::text, md5((n / 12)::text)::uuid,
  '{{"status": "queued"}}', CASE action WHEN 'run.create' THEN jsonb_build_object('name', called)
  ELSE '{{"status": "running"}}' END, CASE WHEN n %% 50 = 0 THEN 'exit code 1, pid ' || n ELSE '' END, md5(n::text)
FROM (SELECT n, CASE WHEN n %% {EXPORTED} = 0 THEN 'pipeline.update'
  ELSE (ARRAY['run.create', 'run.queue', 'run.start', 'run.complete', 'stage_run.start', 'stage_run.fail'])[1 + n %% 6]
  END AS action, CASE WHEN n %% 20000 = 2 THEN '{SHARED}' ELSE 'digits-' || n END AS called FROM generate_series(1, %(count)s) n) made"""  # noqa: E501
INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'event' AND indexname LIKE 'ix_%'"
AT = "SELECT (extract(epoch FROM time) * 1000000)::bigint || '-' || id FROM event WHERE id = %s"
BY_OFFSET = "SELECT * FROM event ORDER BY time DESC, id DESC OFFSET %s LIMIT %s"
NAMED = "SELECT after ->> 'name' FROM event WHERE id > %s AND action = 'run.create' LIMIT 1"
RUN = "SELECT run_id::text FROM event WHERE id = %s"


def figures(quick: bool) -> Iterator[Figure]:
    count = QUICK_EVENTS if quick else EVENTS
    back = count * 4 // 5
    with bench_server() as server, psycopg.connect(server.dsn, autocommit=True) as database:
        _seed(database, count)
        cursor, run, name = (_one(database, query, count - back) for query in (AT, RUN, NAMED))
        day = {"since": _time(database, back), "until": _time(database, back - 24 * 3600 // SECONDS_APART)}
        filters = {
            "actor": {"actor": "grace"}, "object": {"object": run}, "name": {"object": name},
            "a name of many": {"object": SHARED}, "action": {"action": "stage_run.fail"},
            "action prefix": {"action": "stage_run.*"}, "a day long ago": day,
        }  # fmt: skip
        with httpx.Client(base_url=f"{server.url}/api/v1/events", timeout=60, trust_env=False) as client:
            newest = _page_ms(client, {})
            far = _page_ms(client, {"cursor": cursor})
            dearest = max((_page_ms(client, chosen), name) for name, chosen in filters.items())
            nowhere = _until_answered_ms(client, {"text": "that is in none"})
            took, grown = _export(client, server.pid)
        offset = _offset_ms(database, back)
    aim = f"events: {{}}, {count:,} events"
    yield Figure(name=aim.format(f"newest {LIMIT}"), value=newest, unit="ms", aim="<20")
    yield Figure(
        name=aim.format(f"{LIMIT} by cursor, {back:,} back"),
        value=far,
        unit="ms",
        aim="<20",
        peer="OFFSET in SQL alone",
        peer_value=offset,
    )
    yield Figure(name=aim.format(f"dearest filter ({dearest[1]})"), value=dearest[0], unit="ms", aim="<20")
    yield Figure(name=aim.format("a text that is in none, found or refused"), value=nowhere, unit="ms", aim="<11,000")
    yield Figure(name=f"events: {count // EXPORTED:,} as CSV", value=count / EXPORTED / took, unit="/s")
    yield Figure(name="events: more memory for that file", value=grown, unit="MiB", aim="<50")


def _seed(database: psycopg.Connection, count: int) -> None:
    """All of them in one statement; their indexes after it, which is faster."""
    indexes = database.execute(INDEXES).fetchall()
    for name, _ in indexes:
        database.execute(f"DROP INDEX {name}")
    database.execute(ROWS, {"count": count})
    for _, definition in indexes:
        database.execute(definition)
    database.execute("VACUUM ANALYZE event")


def _one(database: psycopg.Connection, query: str, number: int) -> str:
    row = database.execute(query, [number]).fetchone()
    if row is None:
        raise RuntimeError(f"there is no event {number}")
    return str(row[0])


def _time(database: psycopg.Connection, back: int) -> str:
    row = database.execute("SELECT now() - make_interval(secs => %s)", [back * SECONDS_APART]).fetchone()
    if row is None:
        raise RuntimeError("Postgres does not know the time")
    return str(row[0].isoformat())


def _page_ms(client: httpx.Client, chosen: dict[str, str]) -> float:
    """The median time to a page."""
    took = []
    for _ in range(REPEAT):
        began = time.perf_counter()
        answer = client.get("", params={"limit": LIMIT, **chosen}).raise_for_status().json()
        took.append((time.perf_counter() - began) * 1000)
        if not answer["items"]:
            raise RuntimeError(f"no event for {chosen}")
    return sorted(took)[REPEAT // 2]


def _until_answered_ms(client: httpx.Client, chosen: dict[str, str]) -> float:
    began = time.perf_counter()
    answer = client.get("", params=chosen)
    if answer.status_code not in (200, 422):
        answer.raise_for_status()
    return (time.perf_counter() - began) * 1000


def _offset_ms(database: psycopg.Connection, back: int) -> float:
    began = time.perf_counter()
    database.execute(BY_OFFSET, [back, LIMIT]).fetchall()
    return (time.perf_counter() - began) * 1000


def _export(client: httpx.Client, pid: int) -> tuple[float, float]:
    """Seconds for the file, and by how many MiB the server grew."""
    server = psutil.Process(pid)
    before = most = server.memory_info().rss
    began = time.perf_counter()
    with client.stream("GET", "/export", params={"format": "csv", "action": "pipeline.update"}) as answer:
        answer.raise_for_status()
        for _ in answer.iter_bytes(2**20):
            most = max(most, server.memory_info().rss)
    return time.perf_counter() - began, (most - before) / 2**20
