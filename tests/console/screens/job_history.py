"""Ingestion jobs whose times never change: one of each kind, and a dataset."""

import json
from datetime import timedelta

import psycopg
from console_server import NOW, insert, run_id

COLUMNS = [
    ("id", "BIGINT", 0, 2_972_102, 0, 2_999_999), ("name", "VARCHAR", 0, 105_598, "user_0", "user_99999"),
    ("amount", "DOUBLE", 12, 980_732, 0.0, "NaN"), ("at", "TIMESTAMP", 0, 2_883_651, "2024-01-01 00:00:00",
                                                    "2024-02-04 17:19:59"), ("flag", "BOOLEAN", 0, 2, False, True),
    ("tags", "VARCHAR[]", 272_728, 494, None, None),
]  # fmt: skip
SAMPLE = [[i, f"user_{i * 7}", i / 4, f"2024-01-01 00:00:{i:02}", i % 2 == 0, "['a', 'b']"] for i in range(12)]
JOBS = (
    ("clicks", "s3://lake/raw/clicks-2024.csv.gz", "running", "agent", 620, 1000, 5_400_000, 0, None),
    ("events", "/data/events/*.csv", "completed", "agent", 1000, 1000, 3_000_000, 17, None),
    ("prices", "https://example.com/prices.jsonl", "failed", "agent", 40, 90, 70_000, None,
     "/data/prices.jsonl, line 70,013: not JSON"),
    ("warehouse", "snowflake://sales/orders", "running", "outside", None, None, None, None, None),
    ("orders", "snowflake://sales/returns", "running", "outside", None, None, None, None, None),
    ("users", "/data/users.parquet", "pending", "agent", None, None, None, None, None),
)  # fmt: skip


def add_jobs(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        _add_dataset(connection)
        _add_model(connection)
        for i, (name, uri, status, runner, done, total, rows, aside, error) in enumerate(JOBS):
            begun = NOW - timedelta(minutes=11 * i, seconds=100)
            ended = begun + timedelta(seconds=240) if status in ("completed", "failed") else None
            insert(
                connection, "ingestion_job", id=run_id(6000 + i), name=name, uri=uri, status=status, runner=runner,
                options=json.dumps({"bad_rows": "set_aside"} if aside else {}), attempt_number=int(status != "pending"),
                dataset_id=run_id(6101) if name == "events" else None, bytes=done and done << 20,
                bytes_total=total and total << 20, rows=rows, rows_set_aside=aside, error=error, created_by="ada",
                started_at=None if status == "pending" else begun, completed_at=ended, created_at=begun,
                updated_at=NOW,
            )  # fmt: skip


def _add_model(connection: psycopg.Connection) -> None:
    """Two versions that were trained on the dataset."""
    same = {"created_by": "ada", "created_at": NOW, "updated_at": NOW}
    insert(connection, "registered_model", id=run_id(6200), name="clicks-ranker", version_counter=2, **same)
    for number, stage in enumerate(("Production", "Staging"), 1):
        insert(
            connection, "model_version", id=run_id(6200 + number), model_id=run_id(6200), version=number,
            status="ready", stage=stage, uri=f"s3://models/ranker-{number}.onnx", training_dataset_id=run_id(6101),
            **same,
        )  # fmt: skip


def _add_dataset(connection: psycopg.Connection) -> None:
    insert(
        connection, "artifact", id=run_id(6100), name="events.parquet", artifact_type="DATASET", status="ready",
        file_path="objects/ab/ab", file_size=66_000_000, sha256="ab" * 32, media_type="application/parquet",
        storage_type="LOCAL", storage_config="{}", created_by="ada", created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    profile = [
        {"name": name, "nulls": nulls, "distinct": distinct, "min": least, "max": greatest}
        for name, _, nulls, distinct, least, greatest in COLUMNS
    ]
    schema = [{"name": name, "type": kind} for name, kind, *_ in COLUMNS]
    insert(
        connection, "dataset", id=run_id(6101), artifact_id=run_id(6100), name="events", format="parquet",
        row_count=3_000_000, column_count=len(COLUMNS), schema=json.dumps({"columns": schema}),
        profile=json.dumps({"columns": profile, "sample": SAMPLE}), source_uri="/data/events/*.csv",
        created_by="ada", created_at=NOW, updated_at=NOW,
    )  # fmt: skip
