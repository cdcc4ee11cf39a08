"""What people do with the metrics, key by key, on a real server."""

import csv
import io
import json
import shlex
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import Console, make_app
from console_server import NOW, ConsoleServer
from metric_points import add_metrics
from slow_line import slow_line
from textual.pilot import Pilot

from mltui.console.screens.metrics import MetricsScreen
from mltui.console.screens.metrics_filter import Values
from mltui.console.state.memory import Memory
from mltui.console.state.session import Session

DAY = "24h"


def session(path: Path | None = None) -> Session:
    """That of somebody who looks at the last day."""
    memory = Memory(path, "here")
    if memory.here.metric == "":
        memory.choose(range=DAY)
    return Session(now=lambda: NOW, memory=memory)


async def look_at(console: Any, name: str) -> MetricsScreen:
    """Go to the metrics and to that one; returns when its chart is there."""
    await console.until_shown("● live")
    await console.press("colon")
    await console.type(f"metrics {name}")
    await console.press("enter")
    await console.until_shown(f"Metrics › {name}")
    await settled(console)
    screen = console.app.screen
    assert isinstance(screen, MetricsScreen)
    if screen.list.has_focus:
        await console.press("tab")
    return screen


async def settled(console: Any) -> None:
    """Returns when what is chosen is answered and drawn."""
    screen = console.app.screen
    await console.until(lambda: screen.state.data is not None and screen.state.progress is None, "an answer")
    await console.pilot.pause()


async def test_search_follows_what_is_typed_and_the_cursor_is_looked_at(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    add_metrics(server)
    async with open_console(session=session()) as console:
        await console.until_shown("● live")
        await console.press("m")
        await console.until_shown(
            "Metrics › api_latency_ms", "histogram · ms", "queue_depth", "2 label sets", "last 24h"
        )
        await console.press("j")
        await console.until_shown("Metrics › gpu_temperature", "3 label sets", "lines scatter")
        await console.press("slash")
        await console.type("health")
        await console.until_shown("Metrics › service_state", "/health")
        assert "queue_depth" not in console.text
        await console.type("ier")
        await console.until_shown("None has", "'healthier'", "Metrics › service_state")
        await console.press("escape")
        await console.until_shown("queue_depth", "api_latency_ms")
        await console.press("slash")
        await console.type("jobs")
        await console.press("enter")
        await console.until_shown("Metrics › queue_depth", "No points yet.", "/metrics/queue_depth/data")


async def test_label_values_are_offered_with_counts_and_let_through(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    add_metrics(server)
    async with open_console(session=session()) as console:
        await look_at(console, "gpu_temperature")
        await console.press("f")
        await console.until_shown("Filter gpu_temperature", "All label sets.", "label sets")
        offered = console.app.screen.query_one(Values)
        assert [line[1:] for line in offered.lines] == [
            (None, 0, 0), ("ada", 2, 960), ("grace", 1, 480), (None, 0, 0), ("0", 2, 960), ("1", 1, 480)
        ]  # fmt: skip
        await console.type("gra")
        assert [line.value for line in offered.lines] == [None, "grace"]
        await console.press("space")
        await console.until_shown("host grace")
        await console.press("ctrl+u")
        await console.until(
            lambda: [line[1:] for line in offered.lines][-2:] == [(None, 0, 0), ("0", 1, 480)], "counts"
        )
        await console.press("enter")
        await console.until_shown("host grace", "1 label set")
        await settled(console)
        assert [one.labels for one in console.app.screen.state.data.series] == [{"host": "grace", "gpu": "0"}]
        await console.press("f")
        await console.until_shown("host grace")
        await console.press("ctrl+n")
        await console.until_shown("All label sets.")
        await console.press("enter")
        await console.until_shown("3 label sets")


async def test_what_has_no_labels_says_so(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    add_metrics(server)
    async with open_console(session=session()) as console:
        await look_at(console, "queue_depth")
        await console.press("f")
        await console.until_shown("queue_depth has no labels to filter by")


async def test_times_are_chosen_typed_and_stepped_through(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    add_metrics(server)
    async with open_console(session=session()) as console:
        screen = await look_at(console, "gpu_temperature")
        await console.press("t")
        await console.until_shown("last 15m", "all there is")
        await console.press("k", "enter")
        await console.until_shown("last 6h")
        await settled(console)
        assert screen.state.data.end - screen.state.data.start == 6 * 3600
        await console.press("less_than_sign")
        await settled(console)
        assert NOW.timestamp() - screen.state.data.end == pytest.approx(3 * 3600, abs=600)
        await console.press("plus")
        await console.until(lambda: screen.state.data.end - screen.state.data.start < 4 * 3600, "half of it")
        await console.press("0")
        await console.until_shown("last 6h")
        await console.press("t", "G", "end")
        await console.press(*["down"] * 7, "enter")
        await console.until_shown("As in 90m")
        await console.type("soon")
        await console.until_shown("'soon' is no range; write 90m")
        await console.press("enter", "ctrl+u")
        await console.type("2026-03-14T00:00Z .. 2026-03-14T06:00Z")
        await console.press("enter")
        await settled(console)
        await console.until(lambda: screen.state.data.end == datetime.fromisoformat("2026-03-14T06:00Z").timestamp())


async def test_the_choice_of_chart_filter_range_and_metric_outlives_the_console(
    server: ConsoleServer, open_console: Callable[..., Any], tmp_path: Path
) -> None:
    add_metrics(server)
    path = tmp_path / "console.json"
    async with open_console(session=session(path)) as console:
        screen = await look_at(console, "service_state")
        await console.press("c")
        await console.until(lambda: screen.view.chart_name == "bars", "bars")
        await look_at(console, "gpu_temperature")
        await console.press("f")
        await console.until_shown("ada")
        await console.press("space", "enter")
        await console.until_shown("host ada")
        await console.press("t", "down", "enter", "a")
        await console.until_shown("last 7d", "10s")
    async with open_console(session=session(path)) as console:
        await console.until_shown("● live")
        await console.press("m")
        await console.until_shown("Metrics › gpu_temperature", "host ada", "2 label sets", "last 7d", "10s")
        screen = await look_at(console, "service_state")
        assert screen.view.chart_name == "bars"


async def test_a_broken_memory_is_said_and_not_used(
    server: ConsoleServer, open_console: Callable[..., Any], tmp_path: Path
) -> None:
    add_metrics(server)
    path = tmp_path / "console.json"
    path.write_text('{"version": 9}')
    async with open_console(session=session(path)) as console:
        await console.until_shown("● live")
        await console.press("m")
        # Not as it is drawn: where its lines break depends on the path in it.
        said = console.app._notifications
        await console.until(lambda: any("is of another mltui" in one.message for one in said), "the toast")
        await console.until_shown("Metrics › api_latency_ms")
    assert path.read_text() == '{"version": 9}'


@pytest.mark.parametrize("name", ["gpu_temperature", "service_state", "api_latency_ms"])
async def test_crosshair_and_table_say_what_the_server_said(
    server: ConsoleServer, open_console: Callable[..., Any], name: str
) -> None:
    add_metrics(server)
    async with open_console(session=session(), size=(160, 40)) as console:
        screen = await look_at(console, name)
        for _ in range(3):
            await console.press("1", "home", "right", "right")
            chart, table = screen.view.chart, screen.view.table
            assert chart is not None and table is not None
            read = {value.value for reading in chart.reading() for value in reading.quantities}
            await console.press("2")
            shown = console.app.screen.query_one("#numbers")
            assert table.places[shown.cursor][0] == chart.crosshair
            there = [table.cells(i) for i, place in enumerate(table.places) if place[0] == chart.crosshair]
            numbers = {value for cells in there for value in cells[1:] if isinstance(value, int | float)}
            assert numbers <= read | {value for cells in there for value in cells if value in edges(screen)}
            await console.press("down", "down", "down", "down")
            moved = table.places[shown.cursor][0]
            await console.press("1")
            await console.until(lambda: chart.crosshair == moved, "the crosshair where the table's cursor was")  # noqa: B023
            before = screen.view.chart_name
            await console.press("c")
            await console.until(lambda: screen.view.chart_name != before or name == "queue", "another chart")  # noqa: B023
            await settled(console)


def edges(screen: MetricsScreen) -> set[float]:
    """Of bands: a name in the chart, a number in the table. First and last: in the table only."""
    data: Any = screen.state.data
    bands = {float(bound) for bound in getattr(data, "le", [])}
    return bands | {value for one in data.series for value in [*getattr(one, "first", []), *getattr(one, "last", [])]}


async def test_a_file_gets_exactly_what_is_shown(
    server: ConsoleServer, open_console: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_metrics(server)
    monkeypatch.chdir(tmp_path)
    async with open_console(session=session()) as console:
        screen = await look_at(console, "gpu_temperature")
        await console.press("f")
        await console.until_shown("grace")
        await console.press("space", "enter")
        await console.until_shown("2 label sets")
        await settled(console)
        await console.press("e")
        await console.until_shown("of CSV, as the table shows them")
        await console.press("enter")
        await console.until_shown("A file that does not exist yet", "gpu_temperature-2026")
        (tmp_path / "taken.csv").write_text("mine")
        await console.press("ctrl+u")
        await console.type("taken.csv")
        await console.press("enter")
        await console.until_shown("exists;")
        await console.press("ctrl+u")
        await console.type("..")
        await console.until_shown("folder;")
        await console.press("ctrl+u")
        await console.type("x" * 300)
        await console.press("enter")
        await console.until_shown("File name too long", "A file that does not exist yet")
        await console.press("ctrl+u")
        await console.type("new.csv")
        await console.press("enter")
        await console.until_shown("written to")
        data = screen.state.data
    written = list(csv.DictReader(io.StringIO((tmp_path / "new.csv").read_text())))
    start, end = (datetime.fromtimestamp(bound).astimezone().isoformat() for bound in (data.start, data.end))
    # The fewest of which these are the narrowest: a window may cut into two more than fit into it.
    count = int((data.end - data.start) / data.width) + 2
    said = server.get("/metrics/gpu_temperature/data", start_time=start, end_time=end, host="ada", buckets=count)
    expected = {
        (datetime.fromtimestamp(x).astimezone().timestamp(), one["labels"]["gpu"]): repr(one["mean"][i])
        for one in said["series"]
        for i, x in enumerate(one["x"])
    }
    assert expected == {(datetime.fromisoformat(row["time"]).timestamp(), row["gpu"]): row["mean"] for row in written}
    assert (tmp_path / "taken.csv").read_text() == "mine"


async def test_the_clipboard_gets_the_same(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    add_metrics(server)
    async with open_console(session=session()) as console:
        screen = await look_at(console, "service_state")
        await console.press("c", "c")
        await console.until_shown("all 3 label sets")
        await settled(console)
        assert console.app.focused is screen.view.chart
        await console.press("e", "down", "enter")
        await console.until_shown("sent to the clipboard (OSC 52)")
        lines = console.app.clipboard.splitlines()
        assert lines[0] == "state,seconds,share" and lines[1].startswith("up,")


async def test_a_large_copy_warns(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    add_metrics(server)
    async with open_console(session=session(), size=(200, 50)) as console:
        await look_at(console, "gpu_temperature")
        await console.press("e")
        await console.until_shown("many stop at 70 KB")


async def test_a_long_answer_says_so_and_can_be_stopped(
    server: ConsoleServer, open_console: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_metrics(server)
    async with slow_line(server.url, b"/data?") as line:
        monkeypatch.setattr(server, "url", line.url)
        async with open_console(session=session()) as console:
            screen = await look_at(console, "gpu_temperature")
            shown = screen.state.data
            line.open.clear()
            await console.press("t", "up", "enter")
            await console.until_shown("asking", "esc stops it", "esc Stop asking", "waiting for last 6h", "last 24h")
            await console.press("escape")
            await console.until(lambda: line.hung_up == 1, "the end of the request")
            assert "asking" not in console.text and screen.state.data is shown
            assert "stopped: last 6h" in console.text and "last 24h" in console.text
            assert "Metrics › gpu_temperature" in console.text
            line.open.set()
            await console.press("ctrl+r")
            await console.until(lambda: screen.state.data is not shown, "the answer")
            await console.press("escape")
            await console.until(lambda: console.app.screen is not screen, "the way back")


async def test_what_is_shown_stays_while_the_server_is_away(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    add_metrics(server)
    async with open_console(session=session(), size=(140, 32)) as console:
        screen = await look_at(console, "gpu_temperature")
        shown = screen.state.data
        server.kill()
        await console.until_shown("◍ stale")
        await console.press("t", "up", "enter")
        await console.until_shown("no server at", "waiting for last 6h", "last 24h")
        assert screen.state.data is shown
        server.start()
        await console.until_shown("● live")
        await console.until(lambda: screen.state.error is None and screen.state.data is not shown, "news")
        assert "waiting for" not in console.text and "last 24h" not in console.text


async def test_new_points_arrive_by_themselves(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    add_metrics(server)
    async with open_console(session=session()) as console:
        screen = await look_at(console, "queue_depth")
        await console.until_shown("No points yet.")
        when = (NOW - timedelta(minutes=5)).isoformat()
        server.post("/metrics/queue_depth/data", {"value": 41.5, "timestamp": when})
        await console.until_shown("1 label set", "41.5")
        await console.press("a", "a", "a")
        await console.until_shown("last 24h  off")
        shown = screen.state.data
        server.post("/metrics/queue_depth/data", {"value": 42.5, "timestamp": when})
        server.post("/metrics", {"name": "another", "type": "gauge"})
        await console.until_shown("another")
        assert screen.state.data is shown
        await console.press("ctrl+r")
        await console.until_shown("42.5")


async def test_a_metric_that_does_not_exist_is_said(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    add_metrics(server)
    async with open_console(session=session()) as console:
        await console.until_shown("● live")
        await console.press("colon")
        await console.type("metrics nothing")
        await console.press("enter")
        await console.until_shown("nothing")
        assert not isinstance(console.app.screen, MetricsScreen)
        await console.press("colon")
        await console.type("metrics gpu")
        await console.until_shown("gpu_temperature")
        await console.press("tab", "enter")
        await console.until_shown("Metrics › gpu_temperature")


@pytest.mark.parametrize("size", [(80, 24), (160, 45)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_no_metrics_pictured(server: ConsoleServer, snap_compare: Callable[..., bool], size: tuple[int, int]) -> None:
    app = make_app(server, session=session())

    async def before(pilot: Pilot[object]) -> None:
        console = Console(app, pilot)
        await console.until_shown("● live", "No runs yet")
        await console.press("m")
        await console.until_shown("No metrics yet.", "● live")
        offered = ("enter Open", "f Filter")
        await console.until(lambda: not any(key in console.text for key in offered), "the footer of an empty list")

    assert snap_compare(app, terminal_size=size, run_before=before)


async def test_no_metrics_says_how_to_make_one(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    async with open_console(size=(80, 24)) as console:
        await console.until_shown("● live")
        await console.press("m")
        await console.until_shown("No metrics yet.", "scripts/seed_metrics")
        said = "\n".join(line.strip() for line in console.text.splitlines())
        for command in said.replace("\\\n", "").split("curl")[1:]:
            words = shlex.split(command.splitlines()[0])
            server.post(words[0].partition("/api/v1")[2], json.loads(words[4]))
        await console.until_shown("queue_depth", "Metrics › queue_depth", "1 label set")
