"""Made-up events of the made-up runs, whose times never change."""

import json
from datetime import timedelta
from typing import Any

import psycopg
from console_server import NOW, insert, run_id

RUN, STAGE = run_id(3), run_id(1030)
HISTORY: list[tuple[str, str, str, str, dict[str, Any] | None, dict[str, Any] | None, str]] = [
    ("ada", "pipeline.create", run_id(9000), "", None, {"name": "digits", "parameters": {"steps": 600}}, ""),
    ("ada", "run.create", RUN, RUN, None, {"name": "digits-37", "trigger": "manual"}, ""),
    ("scheduler", "run.queue", RUN, RUN, {"status": "pending"}, {"status": "queued"}, ""),
    ("scheduler", "stage_run.start", STAGE, RUN, {"status": "queued"}, {"status": "running"}, ""),
    ("scheduler", "stage_run.complete", STAGE, RUN, {"status": "running"}, {"status": "completed"}, ""),
    ("scheduler", "run.fail", run_id(7), run_id(7), {"status": "running"},
     {"status": "failed", "error_message": "exit code 1"}, "stage 'train-network' failed: exit code 1"),
    ("grace", "run.update", RUN, RUN, {"notes": "", "tags": {"team": "vision", "urgent": None}},
     {"notes": "best so far", "tags": {"team": "risk", "urgent": ""}}, ""),
    ("grace", "run.delete", run_id(777), run_id(777), {"name": "digits-0", "status": "failed"}, None, ""),
    ("ada", "metric.update", run_id(778), "", {"unit": "s"}, {"unit": "ms"}, ""),
]  # fmt: skip


def add_history(dsn: str) -> None:
    """The newest a minute before NOW, the others each 100 minutes earlier."""
    with psycopg.connect(dsn) as connection:
        for i, (actor, action, object_id, run, before, after, message) in enumerate(HISTORY):
            insert(
                connection, "event", time=NOW - timedelta(minutes=1 + 100 * (len(HISTORY) - 1 - i)), actor=actor,
                action=action, object_type=action.partition(".")[0], object_id=object_id, run_id=run or None,
                before=json.dumps(before) if before else None, after=json.dumps(after) if after else None,
                message=message, request_id=f"req-{i}",
            )  # fmt: skip


def add_many(dsn: str, count: int, *, actor: str = "eve") -> None:
    """Later ones, numbered in their messages, a second apart."""
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "INSERT INTO event (time, actor, action, object_type, object_id, message) "
            "SELECT %s::timestamptz + n * '1 s'::interval, %s, 'run.note', 'run', '', 'number ' || n "
            "FROM generate_series(1, %s) n",
            [NOW, actor, count],
        )
