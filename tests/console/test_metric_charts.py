"""Charts of metrics in a terminal: what the crosshair reads is what the data has, whatever the data and the size."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC
from typing import Any

import metric_data
import pytest
from metric_data import START, WIDTH
from msgspec import structs
from widget_apps import MetricApp, lines_of

from mltui.console import format
from mltui.console.theme import DARK
from mltui.console.widgets.chart.chart import Chart
from mltui.console.widgets.chart.choices import choices
from mltui.console.widgets.chart.enum_pie import EnumPie
from mltui.console.widgets.chart.heatmap import HistogramHeatmap
from mltui.console.widgets.chart.metric_lines import GaugeLines, QuantileLines, Scatter
from mltui.console.widgets.chart.reading import Reading, exact
from mltui.console.widgets.chart.share_bars import ShareBars
from mltui.console.widgets.chart.timeline import StateTimeline
from mltui.wire.metrics import EnumData, GaugeData, HistogramData, HistogramSeries, MetricData, MetricType

SIZE = (100, 30)


def app_of(kind: type[Chart[Any]], data: MetricData, theme: str = DARK.name) -> MetricApp:
    return MetricApp(kind("a metric", unit="ms", zone=UTC), data, theme)


def numbers(reading: Reading) -> dict[str, object]:
    return {quantity.what: quantity.value for quantity in reading.quantities}


async def read_all(app: MetricApp) -> Iterator[tuple[float, list[Reading]]]:
    """Every x that the crosshair stops at from the first to the last, with what is read there."""
    found: dict[float, list[Reading]] = {}
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.press("home")
        while (x := app.chart.crosshair) is not None and x not in found:
            found[x] = app.chart.reading()
            await pilot.press("right")
    return iter(found.items())


# What is read is what the data has.


async def test_the_crosshair_reads_every_bucket_of_every_gauge_exactly() -> None:
    data = metric_data.gauge(2, 12)
    data.series[1] = structs.replace(
        data.series[1],
        **{name: getattr(data.series[1], name)[:5] for name in ("x", "min", "max", "mean", "count", "nonfinite")},
    )
    for at, (x, rows) in enumerate(await read_all(app_of(GaugeLines, data))):
        assert x == START + at * WIDTH
        assert [row.name for row in rows] == (["gpu=0", "gpu=1"] if at < 5 else ["gpu=0"]), "no other bucket is read"
        for row, series in zip(rows, data.series, strict=False):
            assert numbers(row) == {
                "mean": series.mean[at], "min": series.min[at], "max": series.max[at],
                "count": series.count[at], "nonfinite": series.nonfinite[at],
            }  # fmt: skip
            assert [quantity.unit for quantity in row.quantities] == ["ms", "ms", "ms", "", ""]


async def test_the_crosshair_reads_the_seconds_of_every_state() -> None:
    data = metric_data.enum(2, 12)
    for at, (x, rows) in enumerate(await read_all(app_of(StateTimeline, data))):
        wanted = {
            (f"host=node-{number}", state): seconds[series.x.index(x)]
            for number, series in enumerate(data.series)
            for state, seconds in series.states.items()
            if x in series.x and seconds[series.x.index(x)] > 0
        }
        assert {(row.name, row.part): numbers(row)["duration"] for row in rows} == wanted, at


@pytest.mark.parametrize("kind", [ShareBars, EnumPie])
async def test_bars_and_slices_read_share_and_duration(kind: type[Chart[Any]]) -> None:
    data = metric_data.enum(1 if kind is EnumPie else 3)
    found = {(row.name, row.part): numbers(row) for _, rows in await read_all(app_of(kind, data)) for row in rows}
    assert found == {
        (f"host=node-{number}", state): {"share": series.shares[state], "duration": series.durations[state]}
        for number, series in enumerate(data.series)
        for state in series.durations
        if series.durations[state]
    }


async def test_the_heatmap_reads_every_band() -> None:
    data = metric_data.histogram(2, 30)
    found = list(await read_all(app_of(HistogramHeatmap, data)))
    assert [x for x, _ in found] == data.total.x
    names = [*(f"≤{bound:g}" for bound in metric_data.LE), ">2.5"]
    for at, (_, bands) in enumerate(found):
        wanted = {name: count for name, count in zip(names, data.bands[at], strict=True) if count}
        assert {band.part: numbers(band)["observations"] for band in bands} == wanted


async def test_bands_that_begin_close_together_have_names_that_differ() -> None:
    data = metric_data.histogram()
    close = [1000.0001, 1000.0002, 1_234_567, 1_234_568, 1e15 + 1, 1e15 + 2, 1e300, 1.5e300, 1.7e300, "Infinity"]
    app = app_of(HistogramHeatmap, structs.replace(data, le=close))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("end")
        await pilot.pause()
        lines = lines_of(app.chart)
        named = [line.split("┤")[0].strip() for line in lines if "┤" in line]
        assert len(named) == len(set(named)) == len(close)
        assert {"≤1234567", "≤1234568"} <= set(named)
        assert "≤1000.0001 " in lines[0] and [reading.part for reading in app.chart.reading()][1] == "≤1000.0002"


async def test_quantiles_and_means_are_read() -> None:
    data = metric_data.histogram(2, 10)
    for at, (_, rows) in enumerate(await read_all(app_of(QuantileLines, data))):
        assert [row.name for row in rows] == ["p50", "p90", "p99"]
        assert [numbers(row)["value"] for row in rows] == [values[at] for values in data.total.quantiles.values()]
    for at, (_, rows) in enumerate(await read_all(app_of(Scatter, data))):
        for row, series in zip(rows, data.series, strict=True):
            total = series.sum[at]
            assert total is not None
            assert numbers(row) == {"mean": total / series.count[at], "sum": total, "count": series.count[at]}


async def head_with_crosshair(kind: type[Chart[Any]], data: MetricData, size: tuple[int, int]) -> str:
    app = app_of(kind, data)
    async with app.run_test(size=size) as pilot:
        await pilot.press("home", "right")
        await pilot.pause()
        return "\n".join(lines_of(app.chart)[: app.chart._head_lines])


@pytest.mark.parametrize("size", [(100, 30), (34, 12)], ids=str)
async def test_every_digit_is_shown_of_what_is_read(size: tuple[int, int]) -> None:
    """Of the first series at least, however little room there is."""
    gauge, histogram, enum = metric_data.gauge(40), metric_data.histogram(2), metric_data.enum(1)
    total, first = histogram.total, histogram.series[0]
    p50, mean = total.quantiles["0.5"][1], first.sum[1]
    assert mean is not None
    assert repr(gauge.series[0].mean[1]) in await head_with_crosshair(GaugeLines, gauge, size)
    assert repr(gauge.series[0].mean[1]) in await head_with_crosshair(Scatter, gauge, size)
    assert repr(p50) in await head_with_crosshair(QuantileLines, histogram, size)
    assert repr(mean / first.count[1]) in await head_with_crosshair(Scatter, histogram, size)
    if size[0] == 100:
        head = await head_with_crosshair(HistogramHeatmap, histogram, size)
        assert all(f" {count:g}" in head for count in histogram.bands[1] if count)
        wanted = [(state, seconds[1]) for state, seconds in enum.series[0].states.items() if seconds[1]]
        head = await head_with_crosshair(StateTimeline, enum, size)
        assert all(f"{state} {seconds:g}s" in head for state, seconds in wanted)
        shares = [(share, enum.series[0].durations[state]) for state, share in enum.series[0].shares.items()]
        head = await head_with_crosshair(EnumPie, enum, size)
        assert any(f"{share!r} {seconds:g}s" in head for share, seconds in shares)


async def test_shares_side_by_side_are_read_with_their_times() -> None:
    """So short that all of them can be compared; the table has every digit of the shares, too."""
    data = metric_data.enum(2)
    head = await head_with_crosshair(ShareBars, data, SIZE)
    read = data.series[1]
    for state, share in read.shares.items():
        assert f"● {state} {format.percent(100 * share)} {exact(read.durations[state])}s" in head
    assert "59% 2025s" in head


async def test_a_number_without_room_is_seen_to_be_cut() -> None:
    head = await head_with_crosshair(QuantileLines, metric_data.histogram(2), (24, 10))
    assert "…" in head and "+2" in head


# The crosshair.


async def test_the_crosshair_moves_by_keys_and_says_so() -> None:
    app = app_of(StateTimeline, metric_data.enum())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert app.chart.reading() == [], "nothing is read before a key"
        await pilot.press("home", "right", "ctrl+right", "ctrl+left", "left", "end")
        await pilot.pause()
        places = [round((message.x - START) / WIDTH) for message in app.of(Chart.CrosshairMoved)]  # type: ignore[attr-defined]
        assert places == [0, 1, 11, 1, 0, 119]
        await pilot.press("0")
        await pilot.pause()
        assert app.of(Chart.CrosshairMoved)[-1].x is None  # type: ignore[attr-defined]
        assert app.of(Chart.RangeChanged)[-1].start is None, "all is wanted again"  # type: ignore[attr-defined]


async def test_new_buckets_keep_the_crosshair_near_and_what_it_reads_exact() -> None:
    app = app_of(GaugeLines, metric_data.gauge(1))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.chart.crosshair = START + 40 * WIDTH
        coarse = metric_data.gauge(1)
        series = coarse.series[0]
        columns = ("x", "min", "max", "first", "last", "mean", "count", "nonfinite")
        coarse.series[0] = structs.replace(series, **{name: getattr(series, name)[1::7] for name in columns})
        app.chart.show(coarse)
        assert app.chart.crosshair == START + 43 * WIDTH
        assert numbers(app.chart.reading()[0])["mean"] == series.mean[43]


async def test_a_step_of_the_crosshair_redraws_its_columns_only() -> None:
    app = app_of(HistogramHeatmap, metric_data.histogram())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.press("end", "left")
        await pilot.pause()
        sent: list[Any] = []
        refresh = app.chart.refresh
        app.chart.refresh = lambda *regions, **how: sent.extend(regions) or refresh(*regions, **how)  # type: ignore[method-assign]
        await pilot.press("left")
        await pilot.pause()
        tall = [region for region in sent if region.height > 3]
        assert [region.width for region in tall] == [1, 1], "where it was, and where it is"


@pytest.mark.parametrize("kind", MetricType)
async def test_the_same_data_again_sends_nothing(kind: MetricType) -> None:
    make: dict[MetricType, Callable[[], MetricData]] = {
        MetricType.GAUGE: metric_data.gauge, MetricType.ENUM: metric_data.enum,
        MetricType.HISTOGRAM: metric_data.histogram,
    }  # fmt: skip
    for chart in choices(kind).values():
        app = app_of(chart, make[kind]())
        async with app.run_test(size=SIZE) as pilot:
            await pilot.pause()
            before = app.chart.painted_lines
            app.chart.show(make[kind]())
            await pilot.pause()
            assert app.chart.painted_lines == before


# Label sets.


SERVICES = [{"service": one, "region": where} for one in ("checkout", "search", "api") for where in ("eu", "us")]


@pytest.mark.parametrize("kind", [GaugeLines, Scatter, StateTimeline, ShareBars])
async def test_at_80_columns_label_sets_have_names_that_can_be_read(kind: type[Chart[Any]]) -> None:
    """Beside the list of metrics a chart has 58 of them."""
    data: Any = metric_data.gauge(6) if kind in (GaugeLines, Scatter) else metric_data.enum(6)
    named = [structs.replace(one, labels=labels) for one, labels in zip(data.series, SERVICES, strict=True)]
    app = app_of(kind, structs.replace(data, series=named))
    async with app.run_test(size=(58, 19)) as pilot:
        await pilot.pause()
        text = "\n".join(lines_of(app.chart))
        names = [" ".join(labels.values()) for labels in SERVICES]
        cut = re.findall(r"● (\w+…\w+ \w\w) ", text)
        assert [name for name in names if name not in text] == names[: len(cut)]
        assert len(set(cut)) == len(cut) and all(len(name) >= 9 for name in cut)


async def test_at_80_columns_a_pie_leaves_room_for_its_states() -> None:
    states = ("deploying", "degraded", "healthy", "waiting for data")
    app = app_of(EnumPie, metric_data.enum(2, states=states))
    async with app.run_test(size=(58, 19)) as pilot:
        await pilot.pause()
        assert all(state in "\n".join(lines_of(app.chart)) for state in states)


async def test_the_pie_goes_from_all_label_sets_to_each() -> None:
    data = metric_data.enum(3)
    app = app_of(EnumPie, data)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert "all 3 label sets" in lines_of(app.chart)[0]
        titles = []
        for _ in range(4):
            await pilot.press("down")
            await pilot.press("home")
            titles.append(app.chart.reading()[0].name)
        assert titles == ["host=node-0", "host=node-1", "host=node-2", "all"]
        await pilot.press("up")
        app.chart.show(metric_data.enum(2))
        assert "all 2 label sets" in lines_of(app.chart)[0], "the third one is gone"


@pytest.mark.parametrize("kind", [StateTimeline, ShareBars])
async def test_forty_label_sets_come_up_by_scrolling(kind: type[Chart[Any]]) -> None:
    app = app_of(kind, metric_data.enum(40))
    async with app.run_test(size=(60, 16)) as pilot:
        await pilot.pause()
        seen: set[str] = set()
        for _ in range(45):
            seen |= {line.split("│")[0].strip(" ▶") for line in lines_of(app.chart) if "│" in line}
            await pilot.press("down")
        assert len(seen) == 40 and all(name[-2:].strip("-").isdigit() for name in seen)
        assert any("/40" in line for line in lines_of(app.chart))


# Whatever the data and the size.

NOTHING = HistogramSeries(labels={}, x=[], count=[], sum=[], quantiles={})
END = START + 3600
ONE_BAND = structs.replace(
    metric_data.histogram(1), le=["Infinity"], bands=[[sum(bands)] for bands in metric_data.histogram(1).bands]
)
ODD: dict[str, MetricData] = {
    "no gauge": GaugeData(start=START, end=END, width=WIDTH, series=[]),
    "one point": metric_data.gauge(1, 1),
    "no width": structs.replace(metric_data.gauge(1, 1), end=START),
    "all NaN": metric_data.gauge(2, all_nan=True),
    "forty gauges": metric_data.gauge(40),
    "two hundred gauges": metric_data.gauge(200, 40),
    "no states": EnumData(start=START, end=END, width=WIDTH, states=[], series=[]),
    "one state": metric_data.enum(1, 9, ("on",)),
    "thirty states": metric_data.enum(3, states=tuple(f"state-{n:02}" for n in range(30))),
    "forty lanes": metric_data.enum(40),
    "no observations": HistogramData(start=START, end=END, width=WIDTH, le=[], total=NOTHING, bands=[], series=[]),
    "two hundred histograms": metric_data.histogram(200, 40),
    "one band": ONE_BAND,
    "one bucket": metric_data.histogram(1, 1),
}
TYPES = {GaugeData: MetricType.GAUGE, EnumData: MetricType.ENUM, HistogramData: MetricType.HISTOGRAM}
KEYS = ("left", "home", "down", "ctrl+right", "up", "plus", "l", "minus", "h", "end", "y")


@pytest.mark.parametrize("without_colours", [False, True], ids=["colours", "no colours"])
@pytest.mark.parametrize("name", ODD)
async def test_every_chart_draws_odd_data_at_odd_sizes(
    name: str, without_colours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if without_colours:
        monkeypatch.setenv("NO_COLOR", "1")
    for kind in choices(TYPES[type(ODD[name])]).values():
        app = app_of(kind, ODD[name])
        async with app.run_test(size=(40, 10)) as pilot:
            await pilot.press(*KEYS)
            for size in ((40, 10), (3, 3), (14, 6), (200, 50)):
                await pilot.resize_terminal(*size)
                await pilot.press("left", "home")
                await pilot.pause()
                lines = lines_of(app.chart)
                assert len(lines) == max(0, size[1] - 2)
                assert all(app.chart.render_line(y).cell_length == size[0] - 2 for y in range(len(lines)))
            has_note = any("Nothing logged" in line for line in lines)
            assert has_note == name.startswith("no ") or name == "no width"


@pytest.mark.parametrize("kind", [GaugeLines, Scatter])
async def test_as_many_label_sets_as_the_server_answers_are_drawn(kind: type[Chart[Any]]) -> None:
    data = metric_data.gauge(500, 20)
    app = app_of(kind, data)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("end")
        assert [row.name for row in app.chart.reading()][499] == "host=node-249 gpu=1"
        assert "  +" in "".join(lines_of(app.chart)), "those without room are counted"


@pytest.mark.parametrize("kind", [StateTimeline, ShareBars, EnumPie])
async def test_without_colours_states_are_letters(kind: type[Chart[Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = app_of(kind, metric_data.enum())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        text = "\n".join(lines_of(app.chart))
        assert all(f"{letter} {state}" in text for letter, state in zip("abcd", metric_data.STATES, strict=True))
        assert all(letter * 2 in text for letter in "abcd"), "and what they look like"


async def test_a_histogram_that_observed_only_part_of_the_time_has_gaps() -> None:
    app = app_of(HistogramHeatmap, metric_data.histogram())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        chart = app.chart
        band = next(y for y, line in enumerate(lines_of(chart)) if "≤0.25" in line)
        blank = chart.rich_style.bgcolor
        cells = [segment.style.bgcolor == blank for segment in chart.render_line(band) for _ in segment.text][10:]  # type: ignore[union-attr]
        gap = [column for column, is_blank in enumerate(cells) if is_blank]
        middle = (sum(gap) / len(gap)) / len(cells) * 120
        assert 20 <= middle <= 25 and len(gap) <= 5
