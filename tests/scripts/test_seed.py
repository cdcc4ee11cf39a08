"""scripts/seed_runs fills the real schema, as often as one likes."""

import psycopg
from benchmarks.seed import seed


def test_seeding_twice_adds_up(dsn: str):
    seed(dsn, 40)
    seed(dsn, 2)
    with psycopg.connect(dsn) as connection:
        counts = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("run", "stage_run", "run_series", "run_tag", "pipeline")
        }
        statuses = {status for (status,) in connection.execute("SELECT DISTINCT status FROM run")}
    assert counts == {"run": 42, "stage_run": 126, "run_series": 126, "run_tag": 42, "pipeline": 10}
    assert statuses <= {"completed", "failed", "cancelled"}
