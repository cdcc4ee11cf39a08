"""The numbers behind a metric's chart, row by row, and as CSV."""

import csv
import io
import math

from hypothesis import given
from hypothesis import strategies as st

from mltui.console.state.metric_csv import metric_csv
from mltui.console.state.metric_table import MetricTable, metric_table
from mltui.wire.metrics import EnumData, EnumSeries, GaugeData, GaugeSeries, HistogramData, HistogramSeries


def gauge_series(labels: dict[str, str], x: list[float], mean: list[float | None]) -> GaugeSeries:
    count = [1] * len(x)
    return GaugeSeries(labels=labels, x=x, min=mean, max=mean, first=mean, last=mean, mean=mean, count=count,
                       nonfinite=[int(value is None) for value in mean])  # fmt: skip


GAUGE = GaugeData(
    start=0,
    end=30,
    width=10,
    series=[
        gauge_series({"host": "a"}, [0.0, 10.0, 20.0], [0.1, None, 1 / 3]),
        gauge_series({"host": "b"}, [10.0], [-2.5e-300]),
    ],
)
ENUM = EnumData(
    start=0,
    end=20,
    width=10,
    states=["down", "up"],
    series=[
        EnumSeries(labels={"host": "a"}, x=[0.0, 10.0], states={"up": [10.0, 4.0], "down": [0.0, 6.0]},
                   durations={"up": 14.0, "down": 6.0}, shares={"up": 0.7, "down": 0.3}),
    ],
)  # fmt: skip
TOTAL = HistogramSeries(labels={}, x=[0.0, 10.0], count=[3.0, 1.0], sum=[6.0, None],
                        quantiles={"0.5": [1.0, 0.5], "0.99": [9.5, None]})  # fmt: skip
HISTOGRAM = HistogramData(
    start=0, end=20, width=10, le=[1.0, 10.0, "Infinity"], total=TOTAL, bands=[[2, 1, 0], [0, 0, 1]],
    series=[HistogramSeries(labels={"host": "a"}, x=[0.0, 10.0], count=[3.0, 1.0], sum=[6.0, None],
                            quantiles={"0.5": [1.0, 0.5], "0.99": [9.5, None]})],
)  # fmt: skip


def rows(table: MetricTable) -> list[tuple[object, ...]]:
    return [table.cells(index) for index in range(len(table))]


def titles(table: MetricTable) -> list[str]:
    return [heading.title for heading in table.headings]


def test_a_gauge_has_a_row_for_each_time_and_label_set() -> None:
    table = metric_table(GAUGE, "lines")
    assert titles(table) == ["time", "host", "mean", "min", "max", "first", "last", "count", "nonfinite"]
    assert [row[:3] for row in rows(table)] == [(0, "a", 0.1), (10, "a", None), (10, "b", -2.5e-300), (20, "a", 1 / 3)]


def test_a_timeline_has_a_row_for_each_state_that_lasted() -> None:
    assert rows(metric_table(ENUM, "timeline")) == [(0, "a", "up", 10), (10, "a", "down", 6), (10, "a", "up", 4)]


def test_bars_are_shares_of_the_whole_range() -> None:
    assert rows(metric_table(ENUM, "bars")) == [("a", "down", 6, 0.3), ("a", "up", 14, 0.7)]


def test_a_pie_is_of_all_label_sets_together_the_largest_slice_first() -> None:
    assert rows(metric_table(ENUM, "pie")) == [("up", 14, 0.7), ("down", 6, 0.3)]


def test_a_heatmap_has_a_row_for_each_band_with_observations() -> None:
    assert rows(metric_table(HISTOGRAM, "heatmap")) == [(0, None, 1, 2), (0, 1, 10, 1), (10, 10, math.inf, 1)]


def test_quantiles_are_those_of_all_label_sets_together() -> None:
    table = metric_table(HISTOGRAM, "quantiles")
    assert titles(table) == ["time", "p50", "p99"]
    assert rows(table) == [(0, 1, 9.5), (10, 0.5, None)]


def test_the_dots_of_a_histogram_are_means() -> None:
    assert rows(metric_table(HISTOGRAM, "scatter")) == [(0, "a", 2, 6, 3), (10, "a", None, None, 1)]


def test_a_moment_is_read_in_the_row_of_its_bucket_and_label_set() -> None:
    table = metric_table(GAUGE, "lines")
    assert [table.row_at(time) for time in (-5, 4, 10, 16, 99)] == [0, 0, 1, 3, 3]
    assert table.row_at(10, 1) == 2
    assert table.row_at(20, 1) == 3, "the label set has no such bucket: another one of the same time"
    assert table.row_at(0, 1) == 0


@given(st.lists(st.lists(st.integers(0, 30), unique=True, min_size=1), min_size=1, max_size=4), st.floats(-5, 35))
def test_the_nearest_bucket_is_read(buckets: list[list[int]], time: float) -> None:
    series = [gauge_series({"n": str(n)}, sorted(map(float, x)), [0.0] * len(x)) for n, x in enumerate(buckets)]
    table = metric_table(GaugeData(start=0, end=31, width=1, series=series), "lines")
    for number in range(len(series)):
        found = table.cells(table.row_at(time, number))[0]
        assert isinstance(found, float)
        assert abs(found - time) == min(abs(x - time) for one in buckets for x in one)


def test_csv_says_times_in_utc_every_digit_and_nothing_where_there_is_nothing() -> None:
    assert metric_csv(metric_table(GAUGE, "lines")).splitlines()[:3] == [
        "time,host,mean,min,max,first,last,count,nonfinite",
        "1970-01-01T00:00:00+00:00,a,0.1,0.1,0.1,0.1,0.1,1,0",
        "1970-01-01T00:00:10+00:00,a,,,,,,1,1",
    ]
    assert metric_csv(metric_table(HISTOGRAM, "heatmap")).splitlines()[1:] == [
        "1970-01-01T00:00:00+00:00,,1.0,2",
        "1970-01-01T00:00:00+00:00,1.0,10.0,1",
        "1970-01-01T00:00:10+00:00,10.0,Infinity,1",
    ]


values = st.one_of(st.none(), st.floats())


@given(st.lists(values, min_size=1), st.text())
def test_csv_gives_back_each_float_and_label(numbers: list[float | None], label: str) -> None:
    series = gauge_series({"label": label}, [float(i) for i in range(len(numbers))], numbers)
    text = metric_csv(metric_table(GaugeData(start=0, end=9, width=1, series=[series]), "lines"))
    back = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["label"] for row in back] == [label] * len(numbers)
    for row, number in zip(back, numbers, strict=True):
        assert (row["mean"] == "") if number is None else repr(float(row["mean"])) == repr(number)


def test_a_large_table_makes_only_the_rows_that_are_asked_for() -> None:
    x = [float(i) for i in range(500)]
    series = [gauge_series({"n": str(n)}, x, [0.5] * 500) for n in range(100)]
    table = metric_table(GaugeData(start=0, end=500, width=1, series=series), "lines")
    assert len(table) == 50_000
    assert table.cells(49_999)[:2] == (499.0, "99")
