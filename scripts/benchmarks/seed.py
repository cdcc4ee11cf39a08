"""scripts/seed_runs: ended runs by the thousand, copied straight into Postgres. No samples, only their summaries."""

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import uuid_utils.compat as uuid_utils

PIPELINES = ("fraud-scoring", "churn", "ranking", "embeddings", "nightly-ingest")
STAGES = ("ingest", "train", "evaluate")
STATUSES = ("completed", "failed", "cancelled")
SHARES = (85, 11, 4)
BETWEEN_RUNS = timedelta(minutes=4)

PIPELINE_COLUMNS = ("id", "name", "description", "environment", "run_counter")
RUN_COLUMNS = (
    "id", "pipeline_id", "name", "status", "trigger_type", "triggered_by", "environment", "definition",
    "error_message", "created_at", "updated_at", "started_at", "completed_at", "execution_time",
    "max_memory_usage", "max_cpu_usage", "stage_count", "success_count", "failed_count",
)  # fmt: skip
STAGE_COLUMNS = (
    "id", "pipeline_id", "name", "stage_type", "order", "command", "dependencies", "env", "retries", "backoff_s",
    "config",
)  # fmt: skip
STAGE_RUN_COLUMNS = (
    "id", "run_id", "stage_id", "name", "stage_type", "order", "dependencies", "status", "attempt_number",
    "max_attempts", "started_at", "completed_at", "execution_time", "memory_usage", "cpu_usage", "created_at",
    "updated_at",
)  # fmt: skip
SERIES_COLUMNS = (
    "run_id", "key", "count", "nonfinite", "min", "max", "last", "last_step", "first_time", "last_time",
)  # fmt: skip
TAG_COLUMNS = ("run_id", "key", "value")


@dataclass(frozen=True)
class SeededRun:
    """One ended run as it is made up."""

    id: UUID
    pipeline: int
    number: int
    status: str
    start: datetime
    seconds: float
    memory: float
    cpu: float
    loss: float

    @property
    def end(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds)


def seed(dsn: str, count: int) -> None:
    """Add `count` runs of five pipelines, the newest some minutes old. `dsn` is libpq's URL of a migrated database."""
    rng = random.Random(7)
    pipelines = [uuid_utils.uuid7() for _ in PIPELINES]
    stages = {(pipeline, name): uuid_utils.uuid7() for pipeline in range(len(PIPELINES)) for name in STAGES}
    runs = [_made_up(rng, number, count) for number in range(count)]
    suffix = f"-{pipelines[0].hex[-6:]}"  # so that it can be done again
    with psycopg.connect(dsn) as connection:
        _copy(
            connection, "pipeline", PIPELINE_COLUMNS,
            ((id, name + suffix, "Made up by scripts/seed_runs", "prod", count)
             for id, name in zip(pipelines, PIPELINES, strict=True)),
        )  # fmt: skip
        _copy(connection, "stage", STAGE_COLUMNS, _pipeline_stages(pipelines, stages))
        definition = json.dumps({"name": "seeded", "stages": []})
        _copy(connection, "run", RUN_COLUMNS, (_run_row(run, pipelines, definition) for run in runs))
        _copy(connection, "stage_run", STAGE_RUN_COLUMNS, (row for run in runs for row in _stage_rows(run, stages)))
        _copy(connection, "run_series", SERIES_COLUMNS, (row for run in runs for row in _series_rows(run)))
        _copy(
            connection,
            "run_tag",
            TAG_COLUMNS,
            ((run.id, "team", "risk" if run.number % 3 else "growth") for run in runs),
        )
    with psycopg.connect(dsn, autocommit=True) as connection:
        # As autovacuum would soon do: counts then read indexes alone.
        connection.execute("VACUUM ANALYZE")


def _made_up(rng: random.Random, number: int, count: int) -> SeededRun:
    return SeededRun(
        id=uuid_utils.uuid7(),
        pipeline=rng.randrange(len(PIPELINES)),
        number=number,
        status=rng.choices(STATUSES, SHARES)[0],
        start=datetime.now(UTC) - BETWEEN_RUNS * (count - number),
        seconds=rng.lognormvariate(4, 1),
        memory=rng.uniform(0.2, 30) * 2**30,
        cpu=rng.uniform(80, 1600),
        loss=rng.lognormvariate(-1, 0.7),
    )


def _run_row(run: SeededRun, pipelines: list[UUID], definition: str) -> tuple[Any, ...]:
    failed = run.status == "failed"
    return (
        run.id, pipelines[run.pipeline], f"{PIPELINES[run.pipeline]}-{run.number}", run.status,
        "schedule" if run.number % 4 else "manual", "ada" if run.number % 3 else "grace", "prod", definition,
        "stage 'train': exit code 1" if failed else None, run.start, run.end, run.start, run.end, run.seconds,
        run.memory, run.cpu, len(STAGES), len(STAGES) - failed, int(failed),
    )  # fmt: skip


def _pipeline_stages(pipelines: list[UUID], stages: dict[tuple[int, str], UUID]) -> Iterator[tuple[Any, ...]]:
    for (pipeline, name), id_ in stages.items():
        order = STAGES.index(name)
        yield (
            id_, pipelines[pipeline], name, "CUSTOM", order, json.dumps(f"python {name}.py"),
            json.dumps(STAGES[:order][-1:]), "{}", 0, 1.0, "{}",
        )  # fmt: skip


def _stage_rows(run: SeededRun, stages: dict[tuple[int, str], UUID]) -> Iterator[tuple[Any, ...]]:
    seconds = run.seconds / len(STAGES)
    for order, name in enumerate(STAGES):
        start = run.start + timedelta(seconds=seconds * order)
        status = run.status if order == len(STAGES) - 1 else "completed"
        yield (
            uuid_utils.uuid7(), run.id, stages[run.pipeline, name], name, "CUSTOM", order,
            json.dumps(STAGES[:order][-1:]), status, 1, 1, start,
            start + timedelta(seconds=seconds), seconds, run.memory, run.cpu, run.start, run.end,
        )  # fmt: skip


def _series_rows(run: SeededRun) -> Iterator[tuple[Any, ...]]:
    first, last = (int(at.timestamp() * 1e9) for at in (run.start, run.end))
    for key, value in {"loss": run.loss, "val/loss": run.loss * 1.2, "val/accuracy": 1 / (1 + run.loss)}.items():
        yield run.id, key, 1000, 0, value * 0.9, value * 9, value, 999, first, last


def _copy(
    connection: psycopg.Connection, table: str, columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]
) -> None:
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def embedded_dsn(data_dir: Path) -> str:
    """URL of the embedded Postgres that a server keeps running on `data_dir`."""
    socket_folder = (data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[4]
    return f"postgresql://postgres@/postgres?host={socket_folder}"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="scripts/seed_runs", description="Add ended runs to a server's database, to look at or to measure against."
    )
    parser.add_argument("--count", type=int, default=10_000, help="how many (default: 10,000)")
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=os.environ.get("MLTUI_DATA_DIR"),
        help="of a running server that has its own Postgres",
    )
    parser.add_argument("--database-url", default=os.environ.get("DATABASE_URL"), help="of an external Postgres")
    options = parser.parse_args()
    if not options.database_url and not options.data_dir:
        parser.error("say where: --data-dir (of a running server) or --database-url")
    start = time.monotonic()
    seed(options.database_url or embedded_dsn(Path(options.data_dir)), options.count)
    print(f"{options.count:,} runs in {time.monotonic() - start:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
