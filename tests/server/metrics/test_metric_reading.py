"""Buckets are what plain Python says, on every store, in whatever order the points came."""

import bisect
import itertools
import math
from collections import defaultdict

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from influx_process import direct

from mltui.wire.metrics import MetricType
from mltui_server.lib.ids import new_id
from mltui_server.metrics.histograms import quantile
from mltui_server.metrics.raw import read_page
from mltui_server.metrics.reading import read_buckets
from mltui_server.metrics.selecting import Selection
from mltui_server.samples import duckdb_points
from mltui_server.samples.batch import MAX_TIME
from mltui_server.samples.grid import Grid, grid_over
from mltui_server.samples.influx import lines, point_groups, point_outline, point_store
from mltui_server.samples.points import SCHEMAS, PointRange, PointSeries, PointStore

MANY = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
SECOND = 10**9
fresh = itertools.count(1)


class InTurns:
    """Servers that write in turns, so that neither knows what was written last."""

    def __init__(self, *stores: PointStore) -> None:
        self._stores = itertools.cycle(stores)

    def __getattr__(self, name):
        return getattr(next(self._stores), name)


@pytest.fixture(params=["duckdb", "duckdb-small-windows", "influx", "influx-small-pages", "influx-in-turns"])
def store(request, monkeypatch, open_sample_store) -> PointStore | InTurns:
    if request.param == "influx-small-pages":
        monkeypatch.setattr(point_store, "PAGE_ROWS", 3)
        monkeypatch.setattr(point_groups, "ANSWER_ROWS", 3)
        monkeypatch.setattr(lines, "BODY_LINES", 4)
    if request.param in ("influx-small-pages", "influx-in-turns"):
        # As large as buckets: several points in each.
        monkeypatch.setattr(point_outline, "CELLS", 1)
        monkeypatch.setattr(point_outline, "REQUEST_POINTS", 0)
    if request.param == "duckdb-small-windows":
        monkeypatch.setattr(duckdb_points, "WINDOW_ROWS", 3)
    points = open_sample_store(request.param).points
    return InTurns(points, open_sample_store(request.param).points) if request.param == "influx-in-turns" else points


class Case:
    """Series of an example's own, among those of all others."""

    def __init__(self, type_: MetricType) -> None:
        self.type = type_
        self.ids = [next(fresh), next(fresh)]
        self.series = {id_: PointSeries(id_, "m", {"s": str(at)}) for at, id_ in enumerate(self.ids)}
        self.points: dict[tuple[int, int], tuple] = {}

    async def write(self, store: PointStore, rows: list[tuple]) -> None:
        """Rows (series, second, *values); the last of one series and time counts."""
        unique = {(self.ids[series], time * SECOND): tuple(values) for series, time, *values in rows}
        self.points |= unique
        columns = zip(*[(*key, *values) for key, values in unique.items()], strict=True)
        table = pa.table([pa.array(c, f.type) for c, f in zip(columns, SCHEMAS[self.type], strict=True)],
                         schema=SCHEMAS[self.type])  # fmt: skip
        assert await store.write(self.type, self.series, table) in ((), [])

    def selection(self, first: int, last: int, now: int = 10**6) -> Selection:
        wanted = PointRange(self.type, list(self.series.values()), first * SECOND, last * SECOND)
        return Selection(new_id(), ["s"], 1, wanted, now * SECOND)

    def grid(self, span: list[int], count: int) -> Grid:
        return grid_over("time", span[0] * SECOND, span[1] * SECOND, count)

    def of(self, series: int) -> list[tuple]:
        return sorted((time // SECOND, *values) for (id_, time), values in self.points.items()
                      if id_ == self.ids[series])  # fmt: skip


def batches(*values):
    row = st.tuples(st.integers(0, 1), st.integers(0, 40), *values)
    return st.lists(st.lists(row, min_size=1, max_size=15), min_size=1, max_size=4)


spans = st.tuples(st.integers(0, 45), st.integers(0, 45)).map(sorted)
numbers = st.one_of(st.floats(-1e6, 1e6, width=32), st.sampled_from([math.nan, math.inf, -math.inf]))


def same(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert (one is None) == (other is None), (found, expected)
        assert one is None or one == pytest.approx(other, rel=1e-9, abs=1e-6)


@MANY
@given(writes=batches(numbers), span=spans, count=st.integers(1, 12))
async def test_gauges(store, writes, span, count):
    case, (first, last) = Case(MetricType.GAUGE), span
    for rows in writes:
        await case.write(store, rows)
    found = await read_buckets(store, case.selection(first, last), count, "0.5")
    by_label = {series.labels["s"]: series for series in found.series}
    for at in (0, 1):
        buckets = defaultdict(list)
        for time, value in case.of(at):
            if first <= time <= last:
                buckets[case.grid(span, count).index(time * SECOND)].append(value)
        if not buckets:
            assert str(at) not in by_label
            continue
        series, indices = by_label[str(at)], sorted(buckets)
        same(series.x, [case.grid(span, count).border(index) / SECOND for index in indices])
        good = [[value for value in buckets[index] if math.isfinite(value)] for index in indices]
        for name, of in {"min": min, "max": max, "first": lambda v: v[0], "last": lambda v: v[-1],
                         "mean": lambda v: math.fsum(v) / len(v)}.items():  # fmt: skip
            same(getattr(series, name), [of(values) if values else None for values in good])
        assert series.count == [len(buckets[index]) for index in indices]
        assert series.nonfinite == [len(buckets[i]) - len(values) for i, values in zip(indices, good, strict=True)]


@MANY
@given(writes=batches(st.sampled_from(["up", "down", 'od"d\\'])), span=spans, count=st.integers(1, 12),
       now=st.integers(0, 60))  # fmt: skip
@example([[(0, time, ("up", "down")[time % 2]) for time in range(41)]], [0, 40], 4, 60)
async def test_enums(store, writes, span, count, now):
    case, (first, last) = Case(MetricType.ENUM), span
    for rows in writes:
        await case.write(store, rows)
    found = await read_buckets(store, case.selection(first, last, now), count, "0.5")
    grid = case.grid(span, count)
    count = grid.index(last * SECOND) + 1
    borders = [first * SECOND, *(grid.border(n) for n in range(1, count)), last * SECOND]
    by_label = {series.labels["s"]: series for series in found.series}
    for at in (0, 1):
        points = [(time, state) for time, state in case.of(at) if time <= last]
        if not points:
            assert str(at) not in by_label
            continue
        spent = defaultdict(lambda: [0] * count)
        ends = [time for time, _ in points[1:]] + [min(last, now)]
        for (time, state), end in zip(points, ends, strict=True):
            for index in range(count):
                begin = max(time * SECOND, borders[index])
                until = min(max(end, time) * SECOND, borders[index + 1])
                spent[state][index] += max(0, until - begin)
        series = by_label[str(at)]
        known = [index for index in range(count) if any(buckets[index] for buckets in spent.values())]
        same(series.x, [grid.border(index) / SECOND for index in known])
        for state, buckets in spent.items():
            if any(buckets):
                same(series.states[state], [buckets[index] / SECOND for index in known])
                same([series.durations[state]], [sum(buckets) / SECOND])
        assert all(sum(series.states[state]) == 0 for state in series.states if not any(spent[state]))
        assert not known or sum(series.shares.values()) == pytest.approx(1)
        assert series.last == points[-1][1]
        runs = [time for (time, state), before in zip(points, [None, *points], strict=False)
                if before is None or before[1] != state]  # fmt: skip
        # Of what lies before the range only the last point is known.
        before = [time for time, _ in points if time < first]
        assert series.since == max(runs[-1], before[-1] if before and runs[-1] < first else runs[-1])


@st.composite
def histograms(draw):
    """Rows (series, second, bounds, counts, sum), of which most grow with the time."""
    three, two = (1.0, 2.0, math.inf), (1.0, math.inf)
    bounds = draw(st.sampled_from([three, three, three, three, two, (math.inf,)]))
    time = draw(st.integers(0, 40))
    rates = draw(st.one_of(st.just([time] * len(bounds)), st.lists(st.integers(0, 40), min_size=3)))
    counts = tuple(map(float, itertools.accumulate(rates[: len(bounds)])))
    total = draw(st.one_of(st.just(2.0 * time), st.sampled_from([None, math.nan, math.inf, -5.0])))
    return draw(st.integers(0, 1)), time, bounds, counts, total


def increase(before, now):
    """What (bounds, counts, sum) grew by: counts and sum."""
    anew = before[0] != now[0] or any(n < b for n, b in zip(now[1], before[1], strict=True))
    old = ([0.0] * len(now[1]), 0.0) if anew else before[1:]
    total = math.nan if None in (now[2], old[1]) else now[2] - old[1]
    return [n - b for n, b in zip(now[1], old[0], strict=True)], total


@MANY
@given(writes=st.lists(st.lists(histograms(), min_size=1, max_size=15), min_size=1, max_size=4),
       span=spans, count=st.integers(1, 12))  # fmt: skip
@example([[(0, t, (1.0, math.inf), (t, 2.0 * t), math.nan if t == 17 else 1.0) for t in range(41)]], [0, 40], 4)
@example([[(0, t, (1.0, math.inf), (t % 5, 9.0 * t), 1.0) for t in range(41)]], [0, 40], 4)
async def test_histograms(store, writes, span, count):
    case, (first, last) = Case(MetricType.HISTOGRAM), span
    for rows in writes:
        await case.write(store, rows)
    found = await read_buckets(store, case.selection(first, last), count, "0.5,0.9")
    grid = case.grid(span, count)
    count = grid.index(last * SECOND) + 1
    borders = [first * SECOND, *(grid.border(n) for n in range(1, count)), last * SECOND]
    grown, kinds = [defaultdict(lambda: defaultdict(float)) for _ in "ab"], set()
    raw = [defaultdict(lambda: itertools.repeat(0.0)) for _ in "ab"]
    sums = [defaultdict(float) for _ in "ab"]
    for at in (0, 1):
        points = [point for point in case.of(at) if point[0] <= last]
        for (_, *before), (time, *now) in itertools.pairwise(points):
            if time < first:
                continue
            delta, total = increase(before, now)
            index = min(max(bisect.bisect_right(borders, time * SECOND) - 1, 0), count - 1)
            kinds.add(now[0])
            raw[at][index, now[0]] = [n + d for n, d in zip(raw[at][index, now[0]], delta, strict=False)]
            sums[at][index] += total
        for (index, bounds), delta in raw[at].items():
            for bound, amount in zip(bounds, itertools.accumulate(delta, max), strict=True):
                grown[at][index][bound] += amount
    common = sorted(set.intersection(*map(set, kinds))) if kinds else [math.inf]
    assert [float(bound) for bound in found.le] == common
    together = [{b: sum(series[index][b] for series in grown) for b in common} for index in range(count)]
    observed = [index for index in range(count) if together[index][math.inf]]
    same(found.total.x, [grid.border(index) / SECOND for index in observed])
    same(found.total.count, [together[index][math.inf] for index in observed])
    for bands, index in zip(found.bands, observed, strict=True):
        same(list(itertools.accumulate(bands)), [together[index][bound] for bound in common])
    by_label = {series.labels["s"]: series for series in found.series}
    for at in (0, 1):
        known = [index for index in range(count) if grown[at][index][math.inf]]
        assert (str(at) in by_label) == bool(known)
        if known:
            same(by_label[str(at)].count, [grown[at][index][math.inf] for index in known])
            totals = [sums[at][index] for index in known]
            same(by_label[str(at)].sum, [total if math.isfinite(total) else None for total in totals])


async def test_numbers_whose_sum_no_float_can_hold_have_a_mean(store):
    case = Case(MetricType.GAUGE)
    await case.write(store, [(0, 1, 1.5e308), (0, 2, 1.7e308), (0, 3, math.nan), (1, 1, -1.7e308), (1, 2, -1.7e308)])
    found = await read_buckets(store, case.selection(0, 10), 1, "0.5")
    assert [(series.min, series.max, series.mean, series.count, series.nonfinite) for series in found.series] == [
        ([1.5e308], [1.7e308], [pytest.approx(1.6e308)], [3], [1]),
        ([-1.7e308], [-1.7e308], [pytest.approx(-1.7e308)], [2], [0]),
    ]


@pytest.mark.parametrize("kind", ["duckdb", "influx"])
async def test_a_state_that_changes_all_the_time_is_summed_up_however_often(open_sample_store, kind):
    store, case, states = open_sample_store(kind).points, Case(MetricType.ENUM), "abcdefgh"
    await case.write(store, [(0, time, states[time % 8]) for time in range(20_000)])
    found = await read_buckets(store, case.selection(0, 20_000), 100, "0.5")
    [series] = found.series
    assert {state: round(spent) for state, spent in series.durations.items()} == dict.fromkeys(states, 2_500)


async def test_histograms_that_were_written_without_links_are_read_by_point(influx_access, open_sample_store):
    store, case = open_sample_store("influx").points, Case(MetricType.HISTOGRAM)
    await case.write(store, [(1, 1, (math.inf,), (1.0,), None)])
    lines = [
        f"histogram,labelset={case.ids[0]},le={le} {fields} {time * SECOND}"
        for time, small, all_ in [(1, 1, 1), (2, 2, 3), (3, 1, 2), (4, 2, 4)]
        for le, fields in (("1.0", f"n={small}"), ("+Inf", f'n={all_},sum={all_},nf=0i,bounds="1.0 +Inf"'))
    ]
    async with direct(influx_access) as client:
        answer = await client.post("/write", params={"db": influx_access.database}, content="\n".join(lines))
        assert answer.status_code == 204, answer.text
    found = await read_buckets(store, case.selection(0, 10), 1, "0.5")
    assert (found.bands, found.total.sum) == ([[3.0, 3.0]], [6.0])


@pytest.mark.parametrize("count", [1, 5_000])
async def test_the_longest_range_there_is(store, count):
    last = MAX_TIME // SECOND
    gauge, enum, histogram = (Case(type_) for type_ in MetricType)
    times = (0, 1_700_000_000, 1_700_000_001, last)
    await gauge.write(store, [(0, time, 1.0) for time in times])
    await enum.write(store, [(0, time, "up") for time in times])
    await histogram.write(store, [(0, time, (1.0, math.inf), (time, time), 2.0 * time) for time in times])
    found = [
        (await read_buckets(store, case.selection(0, last, last), count, "0.5")).series[0]
        for case in (gauge, enum, histogram)
    ]
    assert sum(found[0].count) == 4
    assert found[1].durations == {"up": last}
    assert (sum(found[2].count), sum(found[2].sum)) == (last, 2 * last)


@pytest.mark.parametrize(
    ("share", "bounds", "counts", "expected"),
    [
        (0.5, (1, 2, math.inf), (0, 10, 10), 1.5),
        (0.5, (1, 2, math.inf), (10, 10, 10), 0.5),
        (0.99, (1, 2, math.inf), (1, 2, 10), 2),
        (0.5, (-1, 2, math.inf), (10, 10, 10), -1),
        (0.25, (math.inf,), (4,), None),
        (0.9, (0.1, 0.2, 0.5, math.inf), (2, 6, 10, 10), 0.425),
        (0, (1, 2, math.inf), (5, 10, 10), 0),
        (0, (1, 2, math.inf), (0, 10, 10), 1),
        (0, (1, 2, math.inf), (0, 0, 5), 2),
        (0, (-1, 2, math.inf), (3, 3, 3), -1),
        (1, (1, 2, math.inf), (5, 10, 10), 2),
        (1, (1, 2, math.inf), (5, 5, 5), 1),
        (1, (1, 2, math.inf), (0, 0, 5), 2),
    ],
)
def test_quantiles_are_interpolated_as_prometheus_does(share, bounds, counts, expected):
    found = quantile(share, bounds, pa.array(counts, pa.float64()).to_numpy())
    assert found is None if expected is None else found == pytest.approx(expected)


@MANY
@given(writes=batches(numbers), limit=st.integers(1, 7), order=st.sampled_from(["asc", "desc"]), span=spans)
async def test_pages_hold_every_point_once_in_order(store, writes, limit, order, span):
    case, (first, last) = Case(MetricType.GAUGE), span
    for rows in writes:
        await case.write(store, rows)
    selection, cursor, found = case.selection(first, last), None, []
    while True:
        page = await read_page(store, selection, limit, cursor, order)
        assert len(page.items) == limit or page.next is None
        found += [(point.timestamp, point.labels["s"]) for point in page.items]
        if (cursor := page.next) is None:
            break
    expected = sorted((time, id_) for id_, time in case.points if first <= time // SECOND <= last)
    if order == "desc":
        expected.reverse()
    assert [(int(text[14:16]) * 60 + int(text[17:19]), label) for text, label in found] == [
        (time // SECOND, str(case.ids.index(id_))) for time, id_ in expected
    ]


async def test_deleting_series_leaves_the_others(store):
    for type_, values in {
        MetricType.GAUGE: [1.0], MetricType.ENUM: ["up"], MetricType.HISTOGRAM: [(math.inf,), (1.0,), None]
    }.items():  # fmt: skip
        case = Case(type_)
        await case.write(store, [(0, 1, *values), (1, 1, *values)])
        await store.delete(case.ids[:1])
        found = await read_page(store, case.selection(0, 10), 10, None, "asc")
        assert [point.labels for point in found.items] == [{"s": "1"}]
        await store.delete([])
