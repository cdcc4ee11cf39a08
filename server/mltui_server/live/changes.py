"""What changed, read from Postgres: events after a cursor, and how far logs, series and points have come."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from mltui.wire.states import ENDED
from mltui_server.events.queries import START, Cursor

MAX_ROWS = 1_000
RUNS, PIPELINES, MODELS, JOBS, EVENTS = "runs", "pipelines", "models", "jobs", "events"
RUN, LOG, SERIES, POINTS = "run:", "log:", "series:", "points:"
EVENT_TOPICS = (RUNS, PIPELINES, MODELS, JOBS, EVENTS)

ENDED_VALUES = [status.value for status in ENDED]
NEWEST = """
SELECT xid, id FROM event WHERE xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
ORDER BY xid DESC, id DESC LIMIT 1"""
# Rows of the oldest running transaction and later ones wait: one with a smaller id or xid may still be to come.
AFTER = """
SELECT e.xid, e.id, e.object_type, e.object_id, e.run_id, r.pipeline_id,
       e.xid >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS too_early
FROM event e LEFT JOIN run r ON r.id = e.run_id
WHERE (e.xid, e.id) > (%s, %s) ORDER BY e.xid, e.id LIMIT %s"""
LINES = "SELECT id, log_lines, status = ANY(%s) FROM execution WHERE id = ANY(%s)"
VERSIONS = {
    SERIES: "SELECT id, sample_version FROM run WHERE id = ANY(%s)",
    POINTS: "SELECT id, version FROM metric WHERE id = ANY(%s)",
}
"""By the kind of topic: how often what it is about became more."""

Connection = AsyncConnection[tuple[Any, ...]]


@dataclass(frozen=True)
class Changes:
    """Events in order, as what they mean to each topic."""

    cursor: Cursor
    """After the last of them."""
    ids: dict[str, list[str]]
    """Of what changed, by topic; none named: all of it may have."""
    logs: set[str]
    """Executions of which something changed."""
    more: bool
    """There are more than MAX_ROWS."""
    held_back: bool
    """There are some whose turn has not come."""


async def newest(connection: Connection) -> Cursor:
    """After the last event whose turn has come."""
    row = await (await connection.execute(NEWEST)).fetchone()
    return Cursor(*row) if row else START


async def changes_after(connection: Connection, cursor: Cursor) -> Changes:
    rows = await (await connection.execute(AFTER, [*cursor, MAX_ROWS])).fetchall()
    ripe = [row for row in rows if not row[6]]
    ids: dict[str, list[str]] = {}
    for topic, found in (pair for row in ripe for pair in _meaning(*row[2:6])):
        ids.setdefault(topic, []).append(found)
    return Changes(
        cursor=Cursor(ripe[-1][0], ripe[-1][1]) if ripe else cursor,
        # An empty id: it is not known which one, so all of them.
        ids={topic: [] if "" in found else list(dict.fromkeys(found)) for topic, found in ids.items()},
        logs={row[3] for row in ripe if row[2] == "execution"},
        more=len(ripe) == MAX_ROWS,
        held_back=len(ripe) < len(rows),
    )


def _meaning(
    object_type: str, object_id: str, run_id: UUID | None, pipeline_id: UUID | None
) -> Iterable[tuple[str, str]]:
    """Topics that an event concerns, each with the id of what changed in it."""
    run = str(run_id) if run_id else object_id if object_type == "run" else None
    yield EVENTS, ""
    if run:
        yield RUNS, run
        yield RUN + run, ""
    if object_type == "pipeline":
        yield PIPELINES, object_id
    if object_type in ("model", "model_version"):
        yield MODELS, object_id
    if object_type == "ingestion_job":
        yield JOBS, object_id
    if object_type == "run":
        # A pipeline's row shows how its latest run is.
        yield PIPELINES, str(pipeline_id or "")


async def log_lines(connection: Connection, ids: Collection[str]) -> dict[str, tuple[int, bool]]:
    """Lines so far of these executions' logs, and whether the execution ended."""
    rows = await _rows(connection, LINES, [ENDED_VALUES, [UUID(one) for one in ids]])
    return {str(id_): (lines, ended) for id_, lines, ended in rows}


async def versions(connection: Connection, kind: str, ids: Collection[str]) -> dict[str, int]:
    """Of these runs' samples, or these metrics' points; `kind` is one of VERSIONS."""
    rows = await _rows(connection, VERSIONS[kind], [[UUID(one) for one in ids]])
    return {str(id_): version for id_, version in rows}


async def _rows(connection: Connection, query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    return await (await connection.execute(query, values)).fetchall()
