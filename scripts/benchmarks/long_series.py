"""Long series: 500 exact buckets of ten million points beside those of ten thousand, on both sample stores."""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import duckdb
import httpx
import numpy as np
import pyarrow as pa

from benchmarks.figure import Figure, table
from benchmarks.influxd import influx_server
from mltui_server.samples import duckdb_store
from mltui_server.samples.duckdb_file import THREADS
from mltui_server.samples.duckdb_store import DuckDBStore
from mltui_server.samples.influx import rollups
from mltui_server.samples.influx.access import Access, Retention
from mltui_server.samples.influx.store import InfluxStore
from mltui_server.samples.store import SampleStore, Selection, SeriesColumns, SeriesName

SIZES, QUICK_SIZES = (10_000, 1_000_000, 10_000_000), (10_000, 20_000, 100_000)
BUCKETS = 500
WRITE = 100_000
START_NS, EVERY_NS, JITTER_NS = 1_700_000_000 * 10**9, 10**8, 10**7
SHARES = (0.8, 0.2, 0.05, 0.01, 0.003, 0.001)
TIMES, NAIVE_TIMES = 9, 3


def figures(quick: bool) -> Iterator[Figure]:
    """The stores as a server uses them, without HTTP around them. A series ends short of what would be summed up."""
    sizes = QUICK_SIZES if quick else SIZES
    with tempfile.TemporaryDirectory(prefix="mltui-bench-") as folder:
        path = Path(folder) / "samples.duckdb"
        yield from _run(
            _Bench("DuckDB", DuckDBStore(path, "512MB"), duckdb_store.SEAL_ROWS, _duckdb_naive(path)), sizes
        )
    with influx_server() as url:
        if url is not None:
            influx = InfluxStore(Access(url, "bench"), Retention())
            yield from _run(_Bench("InfluxDB", influx, rollups.UNIT, _influx_naive(url)), sizes)


@dataclass
class _Bench:
    name: str
    store: SampleStore
    sealed: int
    """So many points are summed up together; fewer wait."""
    naive: Callable[[UUID, int], Awaitable[float]]
    """Milliseconds to group that many points of a run's series by the store's own means, once the store is closed."""


def _run(bench: _Bench, sizes: tuple[int, ...]) -> list[Figure]:
    async def work() -> list[Figure]:
        return [figure async for figure in _measured(bench, sizes)]

    return asyncio.run(work())


async def _measured(bench: _Bench, sizes: tuple[int, ...]) -> AsyncIterator[Figure]:
    runs = {size: uuid4() for size in sizes}
    for size, run in runs.items():
        await _write(bench.store, run, 0, size, WRITE)
    short, long = sizes[0], sizes[-1]
    base = Selection(runs[short], ["loss"], "time")
    took = {size: await _median_ms(bench.store, Selection(run, ["loss"], "time")) for size, run in runs.items()}
    whole = [await _ratio(bench.store, base, one) for one in (_all(runs[long], "time"), _all(runs[long], "step"))]
    zooms = [_zoomed(runs[long], axis, long, share) for axis in ("time", "step") for share in SHARES]
    zoomed = [await _ratio(bench.store, base, one) for one in zooms]
    await _grow(bench, runs[long], long)
    live = [await _ratio(bench.store, base, one) for one in (_all(runs[long], "time"), _all(runs[long], "step"))]
    await bench.store.close()
    naive = await bench.naive(runs[long], long)
    for size in sizes:
        yield Figure(
            name=f"{bench.name}: 500 exact buckets of {size:,} points", value=took[size], unit="ms",
            peer="GROUP BY of the same store" if size == long else "", peer_value=naive if size == long else None,
        )  # fmt: skip
    against = f"{bench.name}: {long:,} points against {short:,}"
    for what, ratios in (("all of them", whole), ("zoomed in, the dearest", zoomed), ("while they grow", live)):
        yield Figure(name=f"{against}, {what}", value=max(ratios), unit="×", aim="< 3")


def _all(run: UUID, axis: str) -> Selection:
    return Selection(run, ["loss"], axis)  # type: ignore[arg-type]


def _zoomed(run: UUID, axis: str, size: int, share: float) -> Selection:
    """A part from the middle, that no block begins or ends with."""
    first = int(size * (1 - share) * 0.613)
    low, high = first, first + int(size * share)
    if axis == "time":
        low, high = START_NS + low * EVERY_NS, START_NS + high * EVERY_NS
    return Selection(run, ["loss"], axis, low, high)  # type: ignore[arg-type]


async def _write(store: SampleStore, run: UUID, start: int, stop: int, at_once: int) -> None:
    random = np.random.default_rng(start)
    for first in range(start, stop, at_once):
        steps = np.arange(first, min(stop, first + at_once))
        times = START_NS + steps * EVERY_NS + random.integers(0, JITTER_NS, len(steps))
        values = random.normal(size=len(steps)).cumsum()
        columns = SeriesColumns(SeriesName(run, "loss"), pa.array(times), pa.array(steps), pa.array(values), first)
        await store.write([first + 1], [columns])


async def _grow(bench: _Bench, run: UUID, size: int) -> None:
    """As far as the store lets points wait."""
    await _write(bench.store, run, size, size + bench.sealed - 1 - size % bench.sealed, WRITE)


async def _ratio(store: SampleStore, short: Selection, long: Selection) -> float:
    """In turns, so that both have the same machine."""
    below, above = [], []
    for _ in range(TIMES):
        below.append(await _once_ms(store, short))
        above.append(await _once_ms(store, long))
    return statistics.median(above) / statistics.median(below)


async def _median_ms(store: SampleStore, selection: Selection) -> float:
    return statistics.median([await _once_ms(store, selection) for _ in range(TIMES)])


async def _once_ms(store: SampleStore, selection: Selection) -> float:
    started = time.perf_counter()
    found = await store.buckets(selection, BUCKETS)
    if found is None or not found.series:
        raise RuntimeError("a series that was written is not there")
    return (time.perf_counter() - started) * 1000


def _duckdb_naive(path: Path) -> Callable[[UUID, int], Awaitable[float]]:
    async def naive(run: UUID, size: int) -> float:
        with duckdb.connect(path, config={"threads": THREADS}) as connection:
            statement = (
                f"SELECT time // {size * EVERY_NS // BUCKETS} AS bucket, min(value), max(value), avg(value), count(*), "
                "arg_min(value, time), arg_max(value, time) FROM (FROM sealed UNION ALL (SELECT *, 0 FROM recent)) "
                f"WHERE series = (SELECT id FROM series WHERE run = '{run}') GROUP BY bucket"
            )
            return _naive_ms(lambda: connection.execute(statement).fetchall())

    return naive


def _influx_naive(url: str) -> Callable[[UUID, int], Awaitable[float]]:
    async def naive(run: UUID, size: int) -> float:
        query = (
            'SELECT min("v"), max("v"), mean("v"), count("v"), first("v"), last("v") FROM "metric" '
            f"WHERE \"run\" = '{run}' AND time >= {START_NS} AND time <= {START_NS + 2 * size * EVERY_NS} "
            f"GROUP BY time({size * EVERY_NS // BUCKETS}ns) fill(none)"
        )

        def ask() -> None:
            answer = httpx.post(f"{url}/query", data={"q": query, "db": "bench"}, timeout=120, trust_env=False)
            answer.raise_for_status()

        return _naive_ms(ask)

    return naive


def _naive_ms(action: Callable[[], object]) -> float:
    took = []
    for _ in range(NAIVE_TIMES):
        started = time.perf_counter()
        action()
        took.append((time.perf_counter() - started) * 1000)
    return sorted(took)[len(took) // 2]


def main() -> int:
    print(table(list(figures("--quick" in sys.argv))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
