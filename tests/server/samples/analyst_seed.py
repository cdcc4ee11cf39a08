"""What the analysts' questions are asked of: four runs, their machines, queues, services and replicas.

Half an hour that began 40 to 50 minutes ago, on a border of ten minutes, so that windows of time are whole; two of the
runs are days older. Run samples go through the store, operational metrics as lines of the documented schema.
"""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from uuid import UUID

from store_calls import columns

from mltui_server.samples.influx.access import Access, Retention
from mltui_server.samples.influx.client import InfluxClient, Place
from mltui_server.samples.influx.store import InfluxStore
from mltui_server.samples.store import SeriesColumns

STEADY = UUID("01a1fd7a-9bab-75f6-bf22-8c7df5f28ee3")
BETTER = UUID("01a1fd80-51c4-7d3e-9a07-2b6f0c4e8d15")
DIVERGED = UUID("01a1ed10-07aa-7c11-8f5e-5d0c77e0b1a2")
OLD = UUID("01a1c9f3-6d25-7b60-93d4-0e1f2a3b4c5d")

SECOND = 10**9
MINUTE, DAY = 60 * SECOND, 86_400 * SECOND
MINUTES = 30


async def seed(access: Access) -> None:
    now = time.time_ns()
    start = now - now % (10 * MINUTE) - 40 * MINUTE
    store = InfluxStore(access, Retention())
    assert await store.write([1], [*losses(start), *older(now), *resources(start)]) == []
    await store.close()
    client = InfluxClient(access)
    lines = [*gauge(start), *histogram(start), *states(start)]
    assert await client.write(Place(access.database, None), "\n".join(lines).encode()) is None
    await client.close()


def losses(start: int) -> Iterator[SeriesColumns]:
    """A sample every ten seconds: one run makes a step a second, the other two."""
    steady = [1.0] * 180
    steady[100], steady[150], steady[179] = 7.0, 4.0, 0.4
    better = [2.0] * 180
    better[45], better[179] = math.inf, 0.2
    times = [start + 10 * SECOND * i for i in range(180)]
    yield columns(steady, steps=[10 * i for i in range(180)], times=times, run=STEADY)
    yield columns(better, steps=[20 * i for i in range(180)], times=times, run=BETTER)
    minutes, steps = [start + MINUTE * i for i in range(MINUTES)], [60 * i for i in range(MINUTES)]
    yield columns([1.5] * MINUTES, key="val_loss", steps=steps, times=minutes, run=STEADY)
    yield columns([2.5] * MINUTES, key="val_loss", steps=steps, times=minutes, run=BETTER)


def older(now: int) -> Iterator[SeriesColumns]:
    def of(run: UUID, days: int, values: Sequence[float]) -> SeriesColumns:
        steps = [100 * i for i in range(len(values))]
        return columns(values, steps=steps, times=[now - days * DAY + i * SECOND for i in range(len(values))], run=run)

    yield of(DIVERGED, 3, [0.9, 0.8, 0.7, math.nan, math.nan])
    yield of(OLD, 10, [0.6, math.nan])
    idle = columns([0.0], key="sys/train/gpu0/utilization_percent", steps=[None], times=[now - 3 * DAY], run=DIVERGED)
    yield replace(idle, node="node-3")


def resources(start: int) -> Iterator[SeriesColumns]:
    """A sample every half a minute. On node-1, two stages measure the same gpu1."""
    count = 2 * MINUTES
    times = [start + 30 * SECOND * i for i in range(count)]

    def of(run: UUID, node: str, place: str, **fields: list[float]) -> Iterator[SeriesColumns]:
        for field, cycle in fields.items():
            values = [cycle[i % len(cycle)] for i in range(count)]
            series = columns(values, key=f"sys/{place}/{field}", steps=[None] * count, times=times, run=run)
            yield replace(series, node=node)

    def host(run: UUID, node: str, scope: str, cpu: list[float], disk: float, net: float) -> Iterator[SeriesColumns]:
        rates = {"disk_read_bytes_per_s": [disk], "net_recv_bytes_per_s": [net]}
        yield from of(run, node, f"{scope}/host", cpu_percent=cpu, **rates)

    def gpu(
        run: UUID, node: str, device: str, memory: float, use: list[float], power: float
    ) -> Iterator[SeriesColumns]:
        fields = {"memory_bytes": [memory], "utilization_percent": use, "power_watts": [power]}
        yield from of(run, node, f"train/{device}", **fields)

    yield from host(STEADY, "node-1", "train", [40.0, 60.0], 1e6, 2e6)
    yield from host(BETTER, "node-2", "train", [75.0], 3e6, 4e6)
    yield from host(BETTER, "node-3", "evaluate", [10.0], 0.0, 0.0)
    yield from gpu(STEADY, "node-1", "gpu0", 4e9, [0.0, 90.0], 360.0)
    yield from gpu(STEADY, "node-1", "gpu1", 2e9, [0.0, 90.0, 90.0, 90.0], 180.0)
    yield from of(STEADY, "node-1", "evaluate/gpu1", memory_bytes=[1.5e9])
    yield from gpu(BETTER, "node-2", "gpu0", 8e9, [95.0], 200.0)
    yield from of(STEADY, "node-1", "train/process", memory_bytes=[1e9 + 1e6 * i for i in range(count)])
    yield from of(STEADY, "node-1", "prepare/process", memory_bytes=[5e8])


def gauge(start: int) -> Iterator[str]:
    """One queue grows by ten every five minutes, the other is as it is."""
    for i in range(MINUTES):
        yield f"gauge,labelset=1,metric=queue_depth,queue=batch v={i // 5 * 10}.0 {start + i * MINUTE}"
        yield f"gauge,labelset=2,metric=queue_depth,queue=live v=3.0 {start + i * MINUTE}"


def histogram(start: int) -> Iterator[str]:
    """100 requests a minute to each of two services, counted since long before."""
    a_minute = {
        "labelset=3,metric=request_latency,service=search": {"0.1": 50, "0.5": 90, "1": 98, "+Inf": 100},
        "labelset=4,metric=request_latency,service=checkout": {"0.1": 10, "0.5": 40, "1": 95, "+Inf": 100},
    }
    for tags, grows in a_minute.items():
        for le, count in grows.items():
            for i in range(MINUTES):
                yield f"histogram,{tags},le={le} n={count * (1000 + i)}.0 {start + i * MINUTE}"


def states(start: int) -> Iterator[str]:
    """A replica that is healthy but for the last six minutes, and failed the day before; and one that always is."""
    yield f'state,labelset=5,metric=deployment_state,service=search,replica=a s="failed" {start - DAY}'
    for i in range(MINUTES):
        state = "healthy" if i < 24 else "failed"
        yield f'state,labelset=5,metric=deployment_state,service=search,replica=a s="{state}" {start + i * MINUTE}'
        yield f'state,labelset=6,metric=deployment_state,service=search,replica=b s="healthy" {start + i * MINUTE}'
