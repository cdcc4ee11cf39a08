"""Lineage of a run over HTTP, in a graph of 100,000 nodes, beside walking the same graph with a query a node."""

import time
from collections.abc import Iterator

import httpx
import psycopg

from benchmarks.figure import Figure
from benchmarks.server import bench_server

NODES, QUICK_NODES = 100_000, 10_000
KINDS = 5
"""As many jobs, datasets, runs, artifacts and versions."""
READ = 2
"""Datasets that each run reads."""
LEVELS = 5
"""Runs that made what a run read, one behind the other."""
REPEAT = 50
ID = "('01990000-0000-7000-8{kind}00-' || lpad(to_hex({n}), 12, '0'))::uuid"
TABLES = (
    "INSERT INTO pipeline (id, name) VALUES (gen_random_uuid(), 'bench')",
    """INSERT INTO run (id, pipeline_id, name, status, trigger_type, triggered_by, definition)
       SELECT {run}, p.id, 'run-' || n, 'completed', 'api', 'ada', '{{}}'
       FROM pipeline p, generate_series(1, {count}) n""",
    """INSERT INTO artifact (id, run_id, name, artifact_type, status, file_path, file_size, sha256, media_type,
         storage_type, storage_config, created_by)
       SELECT {file}, CASE WHEN n > {step} THEN {maker} END, 'data-' || n, 'DATASET', 'ready', '', 1, md5('d' || n), '',
         'LOCAL', '{{}}'::jsonb, 'ada' FROM generate_series(1, {count}) n
       UNION ALL
       SELECT {artifact}, {run}, 'model-' || n, 'MODEL', 'ready', '', 1, md5('m' || n), '', 'LOCAL', '{{}}'::jsonb,
         'ada' FROM generate_series(1, {count}) n""",
    """INSERT INTO dataset (id, artifact_id, name, format, created_by)
       SELECT {dataset}, {file}, 'data-' || n, 'parquet', 'ada' FROM generate_series(1, {count}) n""",
    """INSERT INTO ingestion_job (name, uri, status, runner, dataset_id, created_by, id)
       SELECT 'job-' || n, 's3://bench/' || n, 'completed', 'outside', {dataset}, 'ada', gen_random_uuid()
       FROM generate_series(1, {count}) n""",
    """INSERT INTO run_input (run_id, dataset_id)
       SELECT {run}, {read} FROM generate_series(1, {count}) n, generate_series(0, {more}) k WHERE n > k""",
    "INSERT INTO registered_model (id, name, created_by) VALUES (gen_random_uuid(), 'bench', 'ada')",
    """INSERT INTO model_version (id, model_id, version, status, run_id, artifact_id, created_by)
       SELECT gen_random_uuid(), m.id, n, 'ready', {run}, {artifact}, 'ada'
       FROM registered_model m, generate_series(1, {count}) n""",
    "VACUUM ANALYZE",
)
NAIVE = {
    "run": ("SELECT dataset_id FROM run_input WHERE run_id = %s", "dataset"),
    "dataset": ("SELECT a.run_id FROM dataset d JOIN artifact a ON a.id = d.artifact_id WHERE d.id = %s", "run"),
    "job": ("SELECT id FROM ingestion_job WHERE dataset_id = %s", ""),
}
NAME = "SELECT name FROM {} WHERE id = %s"


def figures(quick: bool) -> Iterator[Figure]:
    count = (QUICK_NODES if quick else NODES) // KINDS
    with bench_server() as server, psycopg.connect(server.dsn, autocommit=True) as database:
        _seed(database, count)
        run = str(database.execute(f"SELECT {_id(1, str(count))}").fetchone()[0])  # type: ignore[index]
        with httpx.Client(base_url=f"{server.url}/api/v1/lineage", timeout=60, trust_env=False) as client:
            nodes = len(client.get(f"/{run}").raise_for_status().json()["nodes"])
            took = _median_ms(client, run, 5 if quick else REPEAT)
        naive = _naive_ms(database, run)
    yield Figure(
        name=f"lineage of a run both ways, {nodes} of {count * KINDS:,} nodes", value=took, unit="ms", aim="<20",
        peer="a query a node, SQL alone", peer_value=naive,
    )  # fmt: skip


def _seed(database: psycopg.Connection, count: int) -> None:
    step = count // LEVELS
    names = {"run": _id(1, "n"), "maker": _id(1, f"n - {step}"), "dataset": _id(2, "n"), "read": _id(2, "n - k"),
             "file": _id(3, "n"), "artifact": _id(4, "n")}  # fmt: skip
    for statement in TABLES:
        database.execute(statement.format(count=count, step=step, more=READ - 1, **names))


def _id(kind: int, number: str) -> str:
    return ID.format(kind=kind, n=number)


def _median_ms(client: httpx.Client, run: str, times: int) -> float:
    """Once each connection of the server has planned the query."""
    for _ in range(times):
        client.get(f"/{run}").raise_for_status()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        client.get(f"/{run}").raise_for_status()
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took)[times // 2]


def _naive_ms(database: psycopg.Connection, run: str) -> float:
    """Up from the run: what each node came from, and what it is called."""
    began = time.perf_counter()
    seen, waiting = {run}, [("run", run)]
    while waiting:
        kind, id_ = waiting.pop()
        database.execute(NAME.format(kind), [id_]).fetchone()
        query, further = NAIVE[kind]
        found = [str(row[0]) for row in database.execute(query, [id_]) if row[0] is not None]
        waiting += [(further, one) for one in found if one not in seen]
        seen.update(found)
        for job in database.execute(NAIVE["job"][0], [id_]).fetchall() if kind == "dataset" else ():
            database.execute(NAME.format("ingestion_job"), job).fetchone()
    return (time.perf_counter() - began) * 1000
