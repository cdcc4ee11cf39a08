"""Ingestion: a CSV made on the spot, read, profiled and written as Parquet, beside DuckDB's own bare COPY."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from benchmarks.figure import Figure
from benchmarks.server import MLTUI, BenchServer, bench_server

ROWS, QUICK_ROWS = 12_500_000, 200_000
"""80 bytes a row: 1 GB."""
REPEAT = 3
SEED = """
COPY (SELECT i AS id, 'user_' || hash(i) % 100000 AS name, hash(i) % 1000000 / 1000.0 AS amount,
  timestamp '2024-01-01' + to_seconds(i) AS at, i % 7 = 0 AS flag,
  CASE WHEN i % 11 = 0 THEN NULL ELSE (hash(i * 3) % 500)::INT END AS score, 'some words in a text ' || i % 1000 AS note
FROM range({rows}) made(i)) TO '{file}' (HEADER)"""
TIMED = """
import resource, sys, time
from pathlib import Path
file, folder = Path(sys.argv[1]), Path(sys.argv[2])
{prepare}
began = time.perf_counter()
{work}
took = time.perf_counter() - began
print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
BARE = TIMED.format(
    prepare="import duckdb; connection = duckdb.connect(); connection.execute('SET enable_progress_bar = false')",
    work="connection.execute(f\"COPY (SELECT * FROM read_csv('{file}')) TO '{folder}/bare.parquet'\")",
)
OURS = TIMED.format(
    prepare="""
from mltui.ingest.conversion import Conversion
from mltui.ingest.source import source_of
from mltui.wire.ingestion import ReadOptions
conversion, options = Conversion(folder), ReadOptions()""",
    work="""
source = source_of({file: str(file)}, folder, options)
conversion.convert(source, options, folder / "ours.parquet")
conversion.profile(folder / "ours.parquet")
conversion.close()""",
)


def figures(quick: bool) -> Iterator[Figure]:
    rows = QUICK_ROWS if quick else ROWS
    with tempfile.TemporaryDirectory(prefix="mltui-bench-ingest-") as folder, bench_server() as server:
        file = Path(folder) / "rows.csv"
        _quiet().execute(SEED.format(rows=rows, file=file))
        megabytes = file.stat().st_size / 1e6
        what = f"ingest: {{}}, {megabytes:,.0f} MB of CSV"
        # By turns, so that what else the machine does meets both.
        turns = [(_timed(BARE, file), _timed(OURS, file)) for _ in range(1 if quick else REPEAT)]
        (bare, bare_memory), (ours, memory) = (min(runs) for runs in zip(*turns, strict=True))
        whole = _job_s(server, file)
    yield Figure(
        name=what.format("read, profiled, written"), value=megabytes / ours, unit="MB/s", peer="bare COPY",
        peer_value=megabytes / bare,
    )  # fmt: skip
    yield Figure(name=what.format("the same, of a bare COPY's"), value=100 * bare / ours, unit="%", aim=">70")
    yield Figure(
        name=what.format("peak memory"), value=memory, unit="MiB", peer="bare COPY", peer_value=bare_memory,
    )  # fmt: skip
    yield Figure(
        name=what.format("a whole job, with agent and upload"), value=megabytes / whole, unit="MB/s", peer="bare COPY",
        peer_value=megabytes / bare,
    )  # fmt: skip


def _quiet() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    return connection


def _timed(program: str, file: Path) -> tuple[float, float]:
    """Seconds, and MiB at most, in a process of its own."""
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        command = [sys.executable, "-c", program, str(file), folder]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1]
    seconds, memory = map(float, output.split())
    return seconds, memory


def _job_s(server: BenchServer, file: Path) -> float:
    environment = os.environ | {"MLTUI_URL": server.url, "MLTUI_SPOOL": str(server.data / "bench-spool")}
    began = time.perf_counter()
    subprocess.run(
        [MLTUI, "ingest", "add", str(file), "--start", "--wait"], env=environment, capture_output=True, check=True
    )
    seconds = time.perf_counter() - began
    jobs = subprocess.run([MLTUI, "ingest", "ls", "--json"], env=environment, capture_output=True, check=True).stdout
    assert json.loads(jobs)[0]["status"] == "completed"
    return seconds
