"""The dashboard's three answers on a server with 100,000 runs."""

import time
from collections.abc import Iterator

import httpx

from benchmarks.figure import Figure
from benchmarks.seed import seed
from benchmarks.server import bench_server

RUNS = 100_000
ASKED = 20
AIMS = {"stats": "< 100", "trends": "< 50", "overview": "< 150"}


def figures(quick: bool) -> Iterator[Figure]:
    """The median time of each answer, over HTTP, one after the other."""
    runs = RUNS // 10 if quick else RUNS
    with bench_server() as server, httpx.Client(base_url=f"{server.url}/api/v1/dashboard") as client:
        seed(server.dsn, runs)
        for path, aim in AIMS.items():
            yield Figure(
                name=f"dashboard {path}, {runs:,} runs", value=_median_ms(client, path, 3 if quick else ASKED),
                unit="ms", aim=aim,
            )  # fmt: skip


def _median_ms(client: httpx.Client, path: str, times: int) -> float:
    client.get(path).raise_for_status()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        client.get(path).raise_for_status()
        taken.append((time.perf_counter() - start) * 1000)
    return sorted(taken)[len(taken) // 2]
