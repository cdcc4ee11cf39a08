"""Points into a real InfluxDB: through the server, roll-ups included, beside the same requests posted to it raw.

Once with everything on all processors, and once as if InfluxDB had a machine of its own: on a processor of its own,
with client, server and Postgres on the others.
"""

import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from uuid import UUID, uuid4

import httpx
import msgspec
import pyarrow as pa

from benchmarks.figure import Figure, table
from benchmarks.influxd import influx_server
from benchmarks.load import batches, create_run, post_all
from benchmarks.machine import on_processors, processors
from benchmarks.samples import wait_readable
from benchmarks.server import bench_server
from mltui.wire.samples import SampleBatch
from mltui_server.samples.influx.lines import bodies
from mltui_server.samples.store import SeriesColumns, SeriesName

KEYS = ("loss", "accuracy", "lr", "grad_norm", "val/loss")
CONNECTIONS = 8
SIZES = (1_000, 10_000)
"""Of requests, in samples."""
AIM = 70
"""Per cent of what InfluxDB takes when it is sent nothing else."""


def figures(quick: bool) -> Iterator[Figure]:
    total = 80_000 if quick else 2_000_000
    *others, last = processors()
    with influx_server() as url:
        if url is None:
            return
        for size in SIZES:
            yield from _compared(url, size, total)
    if not others:
        return
    with ExitStack() as stack:
        with on_processors([last]):
            url = stack.enter_context(influx_server())
        with on_processors(others):
            yield from _compared(url or "", SIZES[-1], total, ", InfluxDB on a processor of its own")


def _compared(url: str, size: int, total: int, where: str = "") -> Iterator[Figure]:
    writers = [batches(total // CONNECTIONS // size, size, KEYS) for _ in range(CONNECTIONS)]
    total = len(writers) * len(writers[0]) * size
    with bench_server(INFLUX_URL=url) as server:
        value = total / asyncio.run(_through(server.url, writers, size))
    raw = total / asyncio.run(_post_raw(url, [_lines(bodies_) for bodies_ in writers]))
    yield Figure(
        name=f"samples into InfluxDB, accepted to readable, {size:,} a request{where}", value=value, unit="/s",
        peer="the same requests as lines, posted to it raw", peer_value=raw,
    )  # fmt: skip
    yield Figure(name="of what it takes raw", value=100 * value / raw, unit="%", aim=f"> {AIM}")


async def _through(url: str, writers: Sequence[Sequence[bytes]], size: int) -> float:
    """Seconds until all can be read; a run for each writer."""
    runs = [create_run(url) for _ in writers]
    started = time.perf_counter()
    await asyncio.gather(*(post_all(url, run, [bodies_]) for run, bodies_ in zip(runs, writers, strict=True)))
    for run, bodies_ in zip(runs, writers, strict=True):
        wait_readable(url, run, len(bodies_) * size)
    return time.perf_counter() - started


def _lines(requests: Sequence[bytes]) -> list[bytes]:
    """Of one writer, a body a request, made beforehand."""
    run = uuid4()
    batches_ = [msgspec.msgpack.decode(request, type=SampleBatch) for request in requests]
    return [b"".join(body.encode() for body in bodies(_columns(run, batch))) for batch in batches_]


def _columns(run: UUID, batch: SampleBatch) -> list[SeriesColumns]:
    return [
        SeriesColumns(
            SeriesName(run, one.key), pa.array(one.times), pa.array(one.steps), pa.array(one.values, pa.float64()), 0
        )
        for one in batch.series
    ]


async def _post_raw(url: str, writers: Sequence[Sequence[bytes]]) -> float:
    """Seconds, a connection for each writer."""
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as http:
        (await http.post("/query", data={"q": 'CREATE DATABASE "raw"'})).raise_for_status()

        async def post(requests: Sequence[bytes]) -> None:
            for request in requests:
                answer = await http.post("/write", params={"db": "raw", "precision": "ns"}, content=request)
                answer.raise_for_status()

        started = time.perf_counter()
        await asyncio.gather(*map(post, writers))
        return time.perf_counter() - started


def main() -> int:
    print(table(list(figures("--quick" in sys.argv))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
