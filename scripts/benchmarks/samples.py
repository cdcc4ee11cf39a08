"""Samples: accepted per second, sustained into the store, and 500 exact buckets of a long series."""

import asyncio
import io
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from uuid import UUID

import httpx
import numpy as np
import psycopg
import pyarrow.csv

from benchmarks.figure import Figure, table
from benchmarks.load import batches, create_run, post_all
from benchmarks.server import BenchServer, bench_server
from mltui_server.lib.content_type import MSGPACK
from mltui_server.samples import batch

CONNECTIONS = 8
PER_REQUEST = 1_000
KEYS = ("loss", "accuracy", "lr", "grad_norm", "val/loss")
INSERT = "INSERT INTO bare_inbox (run_id, samples, body) VALUES (%b, %b::int, %b)"
READ_TIMEOUT_S = 120.0


def figures(quick: bool) -> Iterator[Figure]:
    """One server on its embedded Postgres and sample store; everything durable, everything over HTTP."""
    with bench_server() as server:
        yield from _accepted_and_sustained(server, 200 if quick else 5_000)
        yield _one_per_request(server, 200 if quick else 4_000)
        yield _buckets(server, 50_000 if quick else 1_000_000)


def _accepted_and_sustained(server: BenchServer, requests: int) -> Iterator[Figure]:
    run, total = create_run(server.url), requests * PER_REQUEST
    writers = [batches(requests // CONNECTIONS, PER_REQUEST, KEYS) for _ in range(CONNECTIONS)]
    bare = total / asyncio.run(_bare_inserts(server.dsn, run, [_packed(bodies) for bodies in writers]))
    started = time.perf_counter()
    accepted = asyncio.run(post_all(server.url, run, writers))
    wait_readable(server.url, run, total)
    sustained = time.perf_counter() - started
    yield Figure(
        name="samples accepted over HTTP, 1,000 a request", value=total / accepted, unit="/s", aim="> 500,000",
        peer="bare inserts of the same blobs", peer_value=bare,
    )  # fmt: skip
    yield Figure(
        name="samples sustained, accepted to readable", value=total / sustained, unit="/s", aim="> 300,000",
        peer="bare inserts of the same blobs", peer_value=bare,
    )  # fmt: skip


def _packed(bodies: Sequence[bytes]) -> list[bytes]:
    """What the server would put into the inbox."""
    return [batch.read(body, MSGPACK).body for body in bodies]


async def _bare_inserts(dsn: str, run: str, writers: Sequence[Sequence[bytes]]) -> float:
    """Seconds to commit each blob by itself, as many connections as writers."""

    async def insert(bodies: Sequence[bytes]) -> None:
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
            for body in bodies:
                await connection.execute(INSERT, [UUID(run), PER_REQUEST, body])

    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        # The same table without a flusher behind it.
        await connection.execute("CREATE TABLE bare_inbox (LIKE sample_inbox INCLUDING ALL)")
        started = time.perf_counter()
        await asyncio.gather(*(insert(bodies) for bodies in writers))
        took = time.perf_counter() - started
        await connection.execute("DROP TABLE bare_inbox")
    return took


def wait_readable(url: str, run: str, samples: int) -> None:
    deadline = time.monotonic() + READ_TIMEOUT_S
    # One client: making one costs more than what is measured.
    with httpx.Client(base_url=url, trust_env=False) as client:
        while sum(row["count"] for row in client.get(f"/api/v1/runs/{run}/series/keys").json()) < samples:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{samples} samples were not readable within {READ_TIMEOUT_S:.0f} s")
            time.sleep(0.05)


def _one_per_request(server: BenchServer, requests: int) -> Figure:
    run = create_run(server.url)
    writers = [batches(requests // CONNECTIONS, 1, KEYS[:1]) for _ in range(CONNECTIONS)]
    took = asyncio.run(post_all(server.url, run, writers))
    alone = batches(requests // CONNECTIONS, 1, KEYS[:1])
    alone_took = asyncio.run(post_all(server.url, run, [alone]))
    wait_readable(server.url, run, requests + len(alone))
    return Figure(
        name="samples accepted over HTTP, one a request", value=requests / took, unit="/s", aim="> 1,000",
        peer="over one connection", peer_value=len(alone) / alone_took,
    )  # fmt: skip


def _buckets(server: BenchServer, points: int) -> Figure:
    """Beside the samples of the other figures, and four other series of the same run."""
    run = create_run(server.url)
    size = 5 * 10_000
    asyncio.run(post_all(server.url, run, [batches(len(KEYS) * points // size, size, KEYS)]))
    wait_readable(server.url, run, len(KEYS) * points)
    with httpx.Client(base_url=f"{server.url}/api/v1/runs/{run}", timeout=READ_TIMEOUT_S) as client:
        value = _median_ms(lambda: _exact(client, points), 20)
        naive = _median_ms(lambda: _naive(client, points), 3)
    return Figure(
        name=f"500 exact buckets of {points:,} points", value=value, unit="ms", aim="< 30",
        peer="fetch every point, bucket with numpy", peer_value=naive,
    )  # fmt: skip


def _median_ms(action: Callable[[], None], times: int) -> float:
    took = []
    for _ in range(times):
        started = time.perf_counter()
        action()
        took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took)


def _exact(client: httpx.Client, points: int) -> None:
    [series] = client.get("/series", params={"keys": KEYS[0], "buckets": 500}).json()["series"]
    if sum(series["count"]) != points:
        raise RuntimeError(f"{sum(series['count'])} points in the buckets, {points} were sent")


def _naive(client: httpx.Client, points: int) -> None:
    rows = pyarrow.csv.read_csv(io.BytesIO(client.get("/series.csv", params={"keys": KEYS[0]}).content))
    steps, values = rows["step"].to_numpy(), rows["value"].to_numpy()
    bounds = np.searchsorted(steps, np.linspace(steps[0], steps[-1], 501)[:-1])
    np.minimum.reduceat(values, bounds), np.maximum.reduceat(values, bounds), np.add.reduceat(values, bounds)
    if len(values) != points:
        raise RuntimeError(f"{len(values)} points were fetched, {points} were sent")


def main() -> int:
    print(table(list(figures("--quick" in sys.argv))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
