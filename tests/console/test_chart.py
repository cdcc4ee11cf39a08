"""Charts in a terminal: crosshair, zoom, log scale, the grid, and how little is sent."""

import pytest
from curves import SPIKE, SPIKE_AT
from msgspec import structs
from stages import NOW, make_stage
from widget_apps import GridApp, StagesApp, lines_of

from mltui.console.format import number
from mltui.console.state.stages import branches
from mltui.console.widgets.chart.chart import Chart
from mltui.console.widgets.chart.grid import ChartGrid, Panel
from mltui.console.widgets.chart.ink import letter
from mltui.console.widgets.chart.legend import nearest
from mltui.console.widgets.stage_tree import StageTree

LOSS = (Panel("loss", ("train/loss", "val/loss")),)


async def settle(app: GridApp, pilot: object) -> Chart:
    await pilot.pause()  # type: ignore[attr-defined]
    await app.state.settled()
    await pilot.pause()  # type: ignore[attr-defined]
    return app.query(Chart).first()


async def test_asks_once_for_one_bucket_a_column_of_dots() -> None:
    app = GridApp(LOSS)
    async with app.run_test(size=(100, 30)) as pilot:
        chart = await settle(app, pilot)
        assert [request.buckets for request in app.server.asked] == [chart.columns]
        assert chart.columns > 150


async def test_a_spike_of_one_step_reaches_the_top_of_the_plot() -> None:
    app = GridApp(LOSS)
    async with app.run_test(size=(100, 30)) as pilot:
        chart = await settle(app, pilot)
        top = lines_of(chart)[1]
        dots = [i for i, char in enumerate(top) if 0x2800 < ord(char) < 0x2900]
        assert len(dots) == 1, f"the spike of {SPIKE} at {SPIKE_AT} and nothing else"
        assert abs((dots[0] - 8) / (chart.scrollable_content_region.width - 8) - SPIKE_AT / 5000) < 0.02
        assert "✖" in lines_of(chart)[-2], "NaN is marked"


async def test_the_crosshair_reads_values_and_repaints_little() -> None:
    app = GridApp(LOSS)
    async with app.run_test(size=(100, 30)) as pilot:
        chart = await settle(app, pilot)
        await pilot.press("home")
        await pilot.pause()
        assert "step 0" in lines_of(chart)[-1]
        first = chart.crosshair
        await pilot.press("right", "right", "left")
        assert chart.crosshair is not None and first is not None and chart.crosshair > first
        legend = lines_of(chart)[0]
        assert "train/loss" in legend and "[" in legend, "mean, least and greatest of the bucket"


async def test_a_crosshair_that_was_panned_out_of_sight_is_not_drawn() -> None:
    app = GridApp(LOSS)
    async with app.run_test(size=(100, 30)) as pilot:
        chart = await settle(app, pilot)
        await pilot.press("home", "plus", "l", "l", "l")
        await settle(app, pilot)
        assert chart.crosshair == 0
        assert not any("step" in line for line in lines_of(chart))
        await pilot.press("left")
        await pilot.pause()
        assert "step" in lines_of(chart)[-1], "the next key brings it back into view"


async def test_zooming_shows_at_once_what_is_there_and_fetches_exact_buckets() -> None:
    app = GridApp(LOSS)
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(app, pilot)
        await pilot.press("plus")
        await settle(app, pilot)
        request = app.server.asked[-1]
        assert (request.start, request.end) == (4999 / 4, 4999 * 3 / 4)
        await pilot.press("l")
        await settle(app, pilot)
        assert app.server.asked[-1].start == 4999 / 4 + 4999 / 8
        await pilot.press("minus", "0")
        await settle(app, pilot)
        assert app.server.asked[-1].start is None


async def test_a_log_axis_has_powers_of_ten() -> None:
    app = GridApp((Panel("lr", ("lr",)),))
    async with app.run_test(size=(100, 40)) as pilot:
        chart = await settle(app, pilot)
        await pilot.press("y")
        await pilot.pause()
        labels = {line[:7].strip() for line in lines_of(chart)}
        assert {"0.001", "0.0001", "1e-5"} <= labels


async def test_a_log_axis_over_few_decades_has_ticks_between_them() -> None:
    app = GridApp((Panel("loss", ("val/loss",)),))
    async with app.run_test(size=(100, 45)) as pilot:
        chart = await settle(app, pilot)
        await pilot.press("y")
        await pilot.pause()
        labels = [line[:7].strip() for line in lines_of(chart)[1:-2]]
        assert [label for label in labels if label] == ["2", "1", "0.5"]


NORMS = tuple(f"encoder/layer.{i}/norm" for i in range(5))


@pytest.mark.parametrize("size", [(80, 24), (44, 11), (44, 9), (200, 50)], ids=str)
async def test_the_value_of_every_series_can_be_read(size: tuple[int, int]) -> None:
    app = GridApp((Panel("norm", NORMS),))
    async with app.run_test(size=size) as pilot:
        chart = await settle(app, pilot)
        plain = lines_of(chart)
        await pilot.press("end", *["left"] * 9)
        await pilot.pause()
        legend = "\n".join(line for line in lines_of(chart) if "●" in line)
        assert chart.crosshair is not None
        means = [curve.buckets.mean[nearest(curve, chart.crosshair) or 0] for curve in app.state.curves()]
        assert all(f" {number(mean)}" in legend for mean in means)
        assert legend.count("●") == len(NORMS) == len(set(legend.split("●"))) - 1
        height = legend.count("\n")
        await pilot.press(*["left"] * 9)
        await pilot.pause()
        assert sum("●" in line for line in lines_of(chart)) <= height + 1
        await pilot.press("0")
        await settle(app, pilot)
        assert lines_of(chart) == plain, "the plot has its lines back"


async def test_of_very_many_series_the_first_are_read_and_the_others_counted() -> None:
    app = GridApp((Panel("norm", tuple(f"norm/{i}" for i in range(40))),))
    async with app.run_test(size=(60, 14)) as pilot:
        chart = await settle(app, pilot)
        await pilot.press("end")
        await pilot.pause()
        lines = lines_of(chart)
        letters = [letter(number) for number in range(40)]
        legend = [line for line in lines if " norm/" in line]
        shown = sum(f" {letter} norm/" in line for line in legend for letter in letters)
        assert legend[-1].endswith(f"+{40 - shown}") and shown > 10
        assert sum("│" in line or "┤" in line for line in lines) >= 2, "some plot is left"


async def test_short_of_room_names_are_cut_before_values_leave() -> None:
    names = ("linear", "linear/val", "network", "network/val")
    app = GridApp((Panel("loss", ("a/loss", "b/loss", "c/loss", "d/loss"), names),))
    async with app.run_test(size=(64, 12)) as pilot:
        chart = await settle(app, pilot)
        entries = lines_of(chart)[0].split("●")[1:]
        assert len(entries) == 4
        assert len({entry.split()[0] for entry in entries}) == 4
        assert all(float(entry.split()[1]) for entry in entries)


async def test_short_of_room_for_every_value_the_names_stay() -> None:
    app = GridApp((Panel("norm", ("norm/a", "norm/b", "norm/c", "norm/d")),))
    async with app.run_test(size=(50, 12)) as pilot:
        chart = await settle(app, pilot)
        entries = [entry.split() for entry in lines_of(chart)[0].split("●")[1:]]
        assert [len(entry) for entry in entries] == [2, 1, 1, 1]
        await pilot.resize_terminal(50, 16)
        await settle(app, pilot)
        entries = [entry.split() for line in lines_of(chart)[:2] for entry in line.split("●")[1:]]
        assert [len(entry) for entry in entries] == [2, 2, 2, 2], "with more room there is a line below"


async def test_the_same_buckets_again_send_nothing() -> None:
    app = GridApp(LOSS)
    async with app.run_test(size=(100, 30)) as pilot:
        chart = await settle(app, pilot)
        before = chart.painted_lines
        app.state.more()
        await settle(app, pilot)
        assert len(app.server.asked) == 2
        assert chart.painted_lines == before


async def test_a_grid_fills_the_terminal_and_enlarges_one() -> None:
    app = GridApp()
    async with app.run_test(size=(160, 45)) as pilot:
        await settle(app, pilot)
        charts = app.grid.charts
        assert len({chart.region.x for chart in charts}) == 2
        assert all(chart.region.width >= 44 for chart in charts)
        small = charts[1].columns
        await pilot.press("down", "enter")
        await settle(app, pilot)
        assert [chart.display for chart in charts] == [False, True, False, False]
        assert charts[1].columns > small
        assert app.server.asked[-1].buckets == charts[1].columns
        await pilot.press("enter")
        await settle(app, pilot)
        assert all(chart.display for chart in charts)
        titles = [message.title for message in app.of(ChartGrid.Enlarged)]  # type: ignore[attr-defined]
        assert titles == ["accuracy", None]


async def test_vim_and_paging_keys_move_between_charts() -> None:
    app = GridApp(tuple(Panel(f"norm {i}", (f"norm/{i}",)) for i in range(10)))
    async with app.run_test(size=(100, 28)) as pilot:
        await settle(app, pilot)

        async def at_after(*keys: str) -> int:
            await pilot.press(*keys)
            await pilot.pause()
            charts = app.grid.charts
            focused = next(chart for chart in charts if chart.has_focus)
            assert app.grid.region.contains_region(focused.region), "what has the focus is in sight"
            return charts.index(focused)

        assert await at_after("j") == 1
        assert await at_after("k") == 0
        assert await at_after("pagedown") == 6, "two columns of three"
        assert await at_after("ctrl+u") == 3
        assert await at_after("ctrl+d", "ctrl+f") == 9
        assert await at_after("pageup", "ctrl+b", "ctrl+b") == 0, "pages end at the ends"
        assert await at_after("k") == 9, "steps go around"
        assert await at_after("g") == 0
        assert await at_after("G") == 9


async def test_an_enlarged_chart_gives_its_place_to_the_next() -> None:
    app = GridApp()
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(app, pilot)
        await pilot.press("enter")
        await settle(app, pilot)
        for key, at in (("j", 1), ("G", 3), ("j", 0), ("pagedown", 1)):
            await pilot.press(key)
            await settle(app, pilot)
            assert [i for i, chart in enumerate(app.grid.charts) if chart.display] == [at]
            assert app.grid.charts[at].has_focus
        await pilot.press("enter")
        await settle(app, pilot)
        assert all(chart.display for chart in app.grid.charts)


async def test_panels_come_and_go() -> None:
    app = GridApp(())
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        assert app.server.asked == []
        await app.grid.set_panels(LOSS)
        chart = await settle(app, pilot)
        assert "train/loss" in lines_of(chart)[0]
        await app.grid.set_panels([Panel("acc", ("val/acc",)), *LOSS])
        await settle(app, pilot)
        assert [str(c.border_title) for c in app.grid.charts] == ["acc", "loss"]
        assert chart in app.grid.charts, "a chart that stays is not made again"


async def test_stages_post_what_is_selected_and_opened() -> None:
    app = StagesApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("j", "j", "enter")
        await pilot.pause()
        selected = [message.stage_run_id for message in app.of(StageTree.Selected)]  # type: ignore[attr-defined]
        assert selected == ["stage-ingest", "stage-validate", "stage-split"]
        assert app.of(StageTree.Opened)[-1].stage_run_id == "stage-split"  # type: ignore[attr-defined]


async def test_a_name_keeps_its_letters_however_deep_it_stands() -> None:
    chain = [make_stage(f"stage-{i:02}-load", i, (f"stage-{i - 1:02}-load",) if i else (), begin=i) for i in range(60)]
    app = StagesApp()
    async with app.run_test(size=(36, 62)) as pilot:
        app.tree_widget.show(chain, NOW)
        await pilot.pause()
        lines = lines_of(app.tree_widget)
        assert all(
            f"● stage-{i:02}-load" in line or f"✓ stage-{i:02}-load" in line for i, line in enumerate(lines[:60])
        )
        assert lines[2].startswith("   └ ")
        assert lines[41].startswith(" ‥41 "), "where the guide has no room, the depth stands"


async def test_a_name_reaches_into_what_is_blank_beside_it() -> None:
    kept = structs.replace(make_stage("ingest", 0, begin=0, end=1), reused_from="another")
    app = StagesApp()
    async with app.run_test(size=(33, 12)) as pilot:
        app.tree_widget.show([kept, make_stage("train-the-linear-one", 1, ("ingest",), begin=2, end=3)], NOW)
        await pilot.pause()
        assert [line.split() for line in lines_of(app.tree_widget)[:2]] == [
            ["✓", "ingest", "kept", "1.0s"],
            ["└", "✓", "train-the-linear-one", "1.0s"],
        ]


def test_each_stage_stands_once_below_its_dependencies() -> None:
    stages = [
        make_stage("join", 3, ("left", "right")),
        make_stage("left", 1, ("start",)),
        make_stage("right", 2, ("start",)),
        make_stage("start", 0),
        make_stage("alone", 4),
    ]
    drawn = [(branch.guide, branch.stage.name) for branch in branches(stages)]
    assert drawn == [("", "start"), ("├─ ", "left"), ("│  └─ ", "join"), ("└─ ", "right"), ("", "alone")]


def test_a_cycle_is_drawn_all_the_same() -> None:
    stages = [make_stage("a", 0, ("b",)), make_stage("b", 1, ("a",)), make_stage("c", 2, ("missing",))]
    assert {branch.stage.name for branch in branches(stages)} == {"a", "b", "c"}
