"""What charts of metrics are made of, before it is drawn: slices, lanes, heat, and moments by the wall clock."""

import math
import time
from bisect import bisect_right
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metric_data import enum

from mltui.console.widgets.chart import label_sets, time_axis
from mltui.console.widgets.chart.heat import Heat, by_column, merged, rows_of_bands
from mltui.console.widgets.chart.legend import PLUS, Item, fitted
from mltui.console.widgets.chart.pie import cell, disk, slices
from mltui.console.widgets.chart.rows import Rows
from mltui.console.widgets.chart.states import Mix, cuts, lane, mix, shares

counts = st.lists(st.floats(0, 1e9), min_size=1, max_size=12)


def parts_of(weights: list[float]) -> list[float]:
    return [weight / sum(weights) for weight in weights]


# Shares.


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=30), st.integers(2, 48))
def test_a_slice_has_as_much_of_the_pie_as_its_share(weights: list[int], rows: int) -> None:
    parts = parts_of([float(weight) for weight in weights])
    seen = Counter(number for line in slices(parts, rows) for number in line if number is not None)
    whole = sum(seen.values())
    for number, part in enumerate(parts):
        # A slice's two edges go through about as many quarters as the pie's radius has.
        assert abs(seen[number] - part * whole) <= 6 * rows


@given(st.integers(1, 48))
def test_a_pie_is_round(rows: int) -> None:
    halves = [
        sum(turn is not None for quarter, turn in enumerate(line) if quarter % 4 in upper_or_lower)
        for line in disk(rows)
        for upper_or_lower in ((0, 1), (2, 3))
    ]
    assert halves == halves[::-1] and max(halves) == 4 * rows
    area = sum(turn is not None for line in disk(rows) for turn in line)
    assert area == pytest.approx(math.pi * rows * 2 * rows, rel=1 / rows), "half as many quarters high as wide"


def test_slices_go_clockwise_from_twelve() -> None:
    top = slices([0.5, 0.5], 10)[0]
    middle = len(top) // 2
    assert {number for number in top[:middle] if number is not None} == {1}
    assert {number for number in top[middle:] if number is not None} == {0}


def test_a_cell_of_three_slices_shows_the_two_that_have_most_of_it() -> None:
    assert cell((1, 1, 2, 3)) == ("▀", 1, 2)


@given(counts.filter(lambda weights: sum(weights) > 0), st.integers(1, 200))
def test_cuts_are_where_the_shares_end(weights: list[float], width: int) -> None:
    parts = parts_of(weights)
    ends = cuts(parts, width)
    assert ends[-1] == width and ends == sorted(ends)
    starts = [0, *ends[:-1]]
    assert all(
        abs(end - start - part * width) <= 1 + 1e-6 for start, end, part in zip(starts, ends, parts, strict=True)
    )


def test_shares_are_those_of_the_data_and_in_one_order() -> None:
    data = enum()
    together = shares(data, None)
    assert sum(share.share for share in together) == pytest.approx(1)
    assert [share.seconds for share in together] == sorted((share.seconds for share in together), reverse=True)
    order = [share.state for share in together]
    for series in data.series:
        found = shares(data, series)
        assert {share.state: share.share for share in found} == {s: n for s, n in series.shares.items() if n}
        assert [share.state for share in found] == [state for state in order if series.durations[state]]


# Lanes.


@given(st.dictionaries(st.integers(0, 5), st.floats(0.001, 1e6), max_size=5))
def test_what_lasted_longest_is_seen_and_that_there_was_another(seconds: dict[int, float]) -> None:
    found = mix(seconds)
    if found is None:
        assert not seconds
        return
    assert seconds[found.most] == max(seconds.values())
    others = {number: lasted for number, lasted in seconds.items() if number != found.most}
    assert (found.next is None) == (not others)
    assert found.next is None or others[found.next] == max(others.values())


def test_a_column_of_several_buckets_adds_up_their_seconds() -> None:
    data = enum(1, 4)
    series = data.series[0]
    series.states = {
        "draining": [30, 0, 0, 10],
        "failed": [0, 20, 0, 0],
        "idle": [0, 10, 0, 20],
        "running": [0, 0, 0, 0],
    }
    together = lane(data, series, [range(1), range(1), range(1, 3), range(3, 4)], 4)
    assert together == [Mix(0, 1), None, None, Mix(2, 0)]


@given(st.integers(1, 60), st.integers(1, 60), st.integers(-5, 70), st.integers(0, 59))
def test_a_row_that_is_wanted_is_seen_and_no_room_is_left_unused(
    count: int, height: int, first: int, shown: int
) -> None:
    rows = Rows(count, height, first, min(shown, count - 1))
    assert min(shown, count - 1) in rows.seen
    assert len(rows.seen) == min(count, height)
    assert {rows.at(y) for y in range(height)} - {None} == set(rows.seen)
    for number in rows.seen:
        lines = rows.lines_of(number)
        assert all(rows.at(y) == number for y in lines) and lines[-1] < height
        assert sum(rows.is_middle(y) for y in lines) == 1


# Heat.


@given(st.lists(counts, max_size=20).filter(lambda bands: any(map(any, bands))), st.integers(1, 12))
def test_more_observations_are_never_colder(bands: list[list[float]], levels: int) -> None:
    heat = Heat(bands)
    edges = heat.edges(levels)
    assert len(edges) == levels and edges == sorted(edges)
    assert bisect_right(edges, 0.0) == 0, "nothing is blank"
    for count in (count for one in bands for count in one if count > 0):
        assert 1 <= bisect_right(edges, count) <= levels
    assert bisect_right(edges, heat.most) == levels


@given(st.integers(1, 120), st.integers(1, 60))
def test_every_band_has_a_line_and_they_stand_in_order(bands: int, rows: int) -> None:
    lines = rows_of_bands(bands, rows)
    assert len(lines) <= rows
    assert sorted({band for line in lines for band in line}) == list(range(bands))
    assert all(below.start <= above.start for above, below in pairwise(lines))


def test_bands_of_one_line_add_up_and_buckets_of_one_column_do_not() -> None:
    buckets = merged([[1, 2, 3, 4], [5, 0, 0, 0], [0, 0, 7, 0]], [range(2, 4), range(2)])
    assert buckets == [[7, 3], [0, 5], [7, 0]]
    assert by_column(buckets, [range(1), range(1), range(2, 4)], 2, 4) == [(7, 0, 7, 7), (5, 0, 0, 0)]


# Names and moments.


def test_only_what_tells_label_sets_apart_is_named() -> None:
    assert label_sets.names([{"a": "1", "b": "2"}, {"a": "1", "b": "3"}], "load") == ["b=2", "b=3"]
    assert label_sets.names([{"a": "1", "b": "2"}], "load") == ["a=1 b=2"]
    assert label_sets.names([{}], "load") == label_sets.short_names([{}], "load") == ["load"]
    assert label_sets.names([], "load") == []


def test_an_empty_label_is_to_be_seen() -> None:
    sets = [{"a": "", "b": ""}, {"a": "x", "b": ""}, {"a": "", "b": "y"}]
    assert label_sets.names(sets, "load") == ['a="" b=""', 'a=x b=""', 'a="" b=y']
    assert label_sets.short_names(sets, "load") == ['""', "x", "y"]
    assert label_sets.short_names([{"a": ""}], "load") == ['""']
    assert label_sets.short_names([{"a": "x", "b": ""}, {"a": "", "b": "x"}], "load") == ['a=x b=""', 'a="" b=x']


def at(*parts: int, zone: ZoneInfo) -> float:
    return datetime(*parts, tzinfo=zone).timestamp()  # type: ignore[misc, arg-type]


KATHMANDU = ZoneInfo("Asia/Kathmandu")
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("zone", "low", "high", "labels"),
    [
        (KATHMANDU, (2026, 1, 2, 13, 7), (2026, 1, 2, 14, 7), ["13:15", "13:30", "13:45", "14:00"]),
        (KATHMANDU, (2026, 1, 2, 13, 0), (2026, 1, 3, 13, 0), ["18:00", "01-03", "06:00", "12:00"]),
        (BERLIN, (2026, 1, 1), (2026, 1, 5), ["01-01", "01-02", "01-03", "01-04", "01-05"]),
        (BERLIN, (2026, 1, 10), (2026, 5, 10), ["2026-02", "2026-03", "2026-04", "2026-05"]),
        (BERLIN, (2026, 1, 2, 3, 4, 0), (2026, 1, 2, 3, 4, 20), [f"03:04:{s:02}" for s in (0, 5, 10, 15, 20)]),
        (BERLIN, (2026, 3, 29, 0, 0), (2026, 3, 29, 6, 0), ["03-29", "01:00", "03:00", "04:00", "05:00", "06:00"]),
        (BERLIN, (2020, 6, 1), (2026, 6, 1), ["2021", "2022", "2023", "2024", "2025", "2026"]),
    ],
)
def test_moments_are_round_by_the_wall_clock(
    zone: ZoneInfo, low: tuple[int, ...], high: tuple[int, ...], labels: list[str]
) -> None:
    found = time_axis.ticks(at(*low, zone=zone), at(*high, zone=zone), len(labels), zone)
    assert [label for _, label in found] == labels


@given(st.floats(-1e12, 1e12), st.floats(0.001, 1e12), st.sampled_from([UTC, KATHMANDU, BERLIN, None]))
def test_every_range_of_time_has_moments_inside_it(low: float, length: float, zone: ZoneInfo | None) -> None:
    found = time_axis.ticks(low, low + length, 8, zone)
    assert len(found) <= 60
    moments = [moment for moment, _ in found]
    assert moments == sorted(moments)
    assert all(time_axis.exact(moment, length, zone) and label for moment, label in found)


def test_the_zone_of_the_terminal_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    try:
        assert time_axis.exact(0, 10, None) == "05:30:00"
    finally:
        monkeypatch.undo()
        time.tzset()


@given(st.integers(10, 120), st.integers(1, 4))
def test_a_value_of_many_parts_never_ends_inside_of_one_without_a_mark(width: int, lines: int) -> None:
    parts = ["draining 6.1234567s", "failed 4.0535123s", "idle 9.7654321s", "running 10.0576989s"]
    legend = fitted([Item("node-0", 0), Item("node-1", 1)], [PLUS.join(parts), "idle 30s"], width, lines)
    entries = [entry for line in legend.lines for entry in line]
    assert len(entries) + legend.left_out == 2
    for entry, whole in zip(entries, (parts, ["idle 30s"]), strict=False):
        said = entry.value.split(PLUS)
        assert entry.width <= width or entry.value == "…"
        assert said == whole or (said[-1].endswith("…") and said[:-1] == whole[: len(said) - 1])
