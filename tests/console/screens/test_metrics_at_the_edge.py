"""Metrics that have very many label sets or no points, and servers that do not answer: the screen goes on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from console_server import ConsoleServer
from metric_points import add_workers
from test_metrics import look_at, session, settled


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
