"""Going back to an older schema, and forward again, with rows in the tables."""

from importlib.resources import files
from uuid import UUID, uuid4

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from mltui_server.db import upgrade
from mltui_server.db.database import sqlalchemy_url


@pytest.fixture
def connection(dsn):
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


def downgrade(dsn: str, revision: str) -> None:
    engine, config = sa.create_engine(sqlalchemy_url(dsn)), Config()
    config.set_main_option("script_location", str(files("mltui_server.db") / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
    engine.dispose()


def insert(connection, table: str, **values) -> UUID:
    row = {"id": uuid4(), **values}
    names, places = ", ".join(row), ", ".join(["%s"] * len(row))
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", list(row.values()))
    return row["id"]


def all_of(connection, query: str) -> list:
    return connection.execute(query).fetchall()


def add_job(connection, name: str, **more) -> UUID:
    return insert(connection, "ingestion_job", name=name, uri="x" * 4000, status="pending", runner="agent",
                  created_by="ada", **more)  # fmt: skip


def add_metric(connection, name: str, **more) -> tuple[UUID, int]:
    metric = insert(connection, "metric", name=name, type="gauge", label_keys="[]", **more)
    sets = "INSERT INTO metric_label_set (metric_id, labels) VALUES (%s, '{}') RETURNING id"
    return metric, connection.execute(sets, [metric]).fetchone()[0]


def test_what_is_deleted_goes_for_good_before_deletion_could_be_undone(dsn, connection):
    add_job(connection, "kept")
    add_job(connection, "deleted", deleted_at="2026-01-01")
    kept, _ = add_metric(connection, "depth")
    gone, series = add_metric(connection, "depth", deleted_at="2026-01-01")
    downgrade(dsn, "0015")
    assert all_of(connection, "SELECT name FROM ingestion_job") == [("kept",)]
    assert all_of(connection, "SELECT id FROM metric") == [(kept,)]
    assert all_of(connection, "SELECT metric_id, label_sets FROM metric_deletion") == [(gone, [series])]
    with pytest.raises(psycopg.errors.UniqueViolation):
        add_metric(connection, "depth")
    assert upgrade.upgrade(dsn) == upgrade.newest()
    assert all_of(connection, "SELECT name, deleted_at FROM ingestion_job") == [("kept", None)]
    assert all_of(connection, "SELECT id, deleted_at FROM metric") == [(kept, None)]
    add_metric(connection, "depth", deleted_at="2026-01-01")


def test_versions_forget_runs_that_are_gone_before_they_could_keep_them(dsn, connection):
    pipeline = insert(connection, "pipeline", name="p")
    run = insert(connection, "run", pipeline_id=pipeline, name="p-1", status="completed", trigger_type="manual",
                 triggered_by="ada", definition="{}", stage_count=0)  # fmt: skip
    model = insert(connection, "registered_model", name="digits", created_by="ada")
    for number, of in enumerate((run, uuid4()), 1):
        insert(connection, "model_version", model_id=model, version=number, status="ready", run_id=of,
               run_name="as it was called", created_by="ada")  # fmt: skip
    downgrade(dsn, "0014")
    assert all_of(connection, "SELECT version, run_id FROM model_version ORDER BY version") == [(1, run), (2, None)]
    assert upgrade.upgrade(dsn) == upgrade.newest()
    versions = all_of(connection, "SELECT version, run_id, run_name FROM model_version ORDER BY version")
    assert versions == [(1, run, "p-1"), (2, None, None)]
