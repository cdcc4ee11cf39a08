"""Metrics that have very many label sets or no points, and servers that do not answer: the screen goes on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from console_server import ConsoleServer
from metric_points import MINUTES, add_metrics, add_one_count, add_queues, add_workers, moment
from test_metrics import look_at, session, settled

from mltui.console.state.memory import Memory


async def test_many_label_sets_are_drawn_and_found_again(
    server: ConsoleServer, open_console: Callable[..., Any], tmp_path: Path
) -> None:
    add_workers(server, 200)
    path = tmp_path / "console.json"
    async with open_console(session=session(path)) as console:
        screen = await look_at(console, "worker_load")
        await console.until_shown("200 label sets")
        await console.press("right", "c")
        await console.until(lambda: screen.view.chart_name == "scatter", "dots")
        await settled(console)
        await console.until_shown("200 label sets")
    async with open_console(session=session(path)) as console:
        await console.until_shown("● live")
        await console.press("m")
        await console.until_shown("Metrics › worker_load", "200 label sets")


async def test_the_last_metric_is_kept_while_the_server_is_away(
    server: ConsoleServer, open_console: Callable[..., Any], tmp_path: Path
) -> None:
    add_metrics(server)
    path = tmp_path / "console.json"
    Memory(path, "here").look_at("service_state")
    async with open_console(session=session(path), size=(80, 24)) as console:
        await console.until_shown("● live")
        server.kill()
        await console.until_shown("◍ stale")
        await console.press("m")
        await console.until_shown("server away")
        server.start()
        await console.until_shown("● live", "Metrics › service_state")
        assert Memory(path, "here").here.metric == "service_state"
        # One that nobody chose stands in for one that is gone.
        console.app.screen.list.seek("gone")
        await console.until_shown("Metrics › api_latency_ms")
        assert Memory(path, "here").here.metric == "service_state"
        await console.press("j")
        await console.until(lambda: Memory(path, "here").here.metric == "gpu_temperature", "the choice")


async def test_a_time_without_points_goes_on_and_what_is_old_says_how_old(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    add_metrics(server)
    now = session()
    now.memory.choose(range="1m")
    async with open_console(session=now, size=(140, 32)) as console:
        screen = await look_at(console, "gpu_temperature")
        await console.until_shown("No points in this time.")
        await console.press("e")
        await console.until_shown("there is nothing of gpu_temperature to export in this time")
        shown = screen.state.data
        await console.until(lambda: screen.state.data is not shown, "the time to go on, without any news")
        server.kill()
        await console.until_shown("not up to date, ", "s old")


async def test_a_time_that_is_refused_is_named_and_what_is_shown_stays(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    add_workers(server, 501)
    now = session()
    now.memory.choose(range="1m")
    async with open_console(session=now, size=(140, 32)) as console:
        await look_at(console, "worker_load")
        await console.until_shown("No points in this time.")
        await console.press("t")
        await console.until_shown("last 15m", "all there is")
        await console.press("G", "end", "up", "enter")
        await console.until_shown("refused: all", "at most 500 are read at a time")


async def test_a_histogram_of_one_point_says_why_there_is_nothing(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    add_one_count(server)
    async with open_console(session=session(), size=(140, 32)) as console:
        await look_at(console, "build_seconds")
        await console.until_shown("a first point only says where a histogram begins")


async def test_a_click_opens_a_tab(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    add_metrics(server)
    async with open_console(session=session()) as console:
        screen = await look_at(console, "gpu_temperature")
        for tab, column in ((2, 14), (1, 4)):
            await console.pilot.click("#metric-tabs", offset=(column, 0))
            await console.until(lambda tab=tab: screen.view.tab == tab, f"tab {tab}")


async def test_an_empty_label_is_to_be_seen_wherever_it_is_named(
    server: ConsoleServer, open_console: Callable[..., Any], tmp_path: Path
) -> None:
    add_queues(server, "", "email")
    path = tmp_path / "console.json"
    async with open_console(session=session(path), size=(140, 32)) as console:
        screen = await look_at(console, "queue_length")
        await console.until_shown('● queue="" 0', "● queue=email 1")
        await console.press("end")
        assert [reading.name for reading in screen.view.chart.reading()] == ['queue=""', "queue=email"]
        await console.press("2")
        await console.until_shown(' ""        0 ', " email     1 ")
        await console.press("f")
        await console.until_shown("Filter queue_length", "All label sets.")
        await console.press("space")
        await console.until_shown('queue ""')
        await console.press("enter", "1")
        await console.until_shown('queue ""  1 label set', '● queue="" 0')
    async with open_console(session=session(path), size=(140, 32)) as console:
        await console.until_shown("● live")
        await console.press("m")
        await console.until_shown("Metrics › queue_length", 'queue ""  1 label set', '● queue="" 0')


async def test_what_has_no_labels_is_called_as_its_metric(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    add_metrics(server)
    server.post("/metrics/queue_depth/data", {"value": 7, "timestamp": moment(MINUTES - 60)})
    async with open_console(session=session()) as console:
        await look_at(console, "queue_depth")
        await console.until_shown("● queue_depth 7")


async def test_the_choice_of_times_begins_at_the_one_in_use(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    add_metrics(server)
    async with open_console(session=session()) as console:
        screen = await look_at(console, "gpu_temperature")
        for words, keys in (("last 24h", ()), ("last 7d", ("down",)), ("all", ("down", "down"))):
            await console.press("t")
            await console.until_shown("all there is")
            await console.press(*keys, "enter")
            await console.until_shown(f"  {words}  live")
            await settled(console)
            # What it begins at is what was chosen.
            await console.press("t")
            await console.until_shown("all there is")
            await console.press("enter")
            await console.until(lambda: console.app.screen is screen, "the chart")
            assert f"  {words}  live" in console.text
        await console.press("plus")
        await console.until(lambda: "  all  live" not in console.text, "half of it")
        await console.press("t")
        await console.until_shown("all there is")
        await console.press("enter")
        await console.until_shown("As in 90m", "+00:00 .. 2026-")
