"""Metrics that have very many label sets or no points, and servers that do not answer: the screen goes on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from console_server import ConsoleServer
from metric_points import add_metrics, add_one_count, add_workers
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
