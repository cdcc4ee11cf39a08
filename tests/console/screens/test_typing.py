"""Typing faster than dialogs open, and pasting more than anybody writes."""

from collections.abc import Callable
from typing import Any

from conftest import Console
from console_server import ConsoleServer
from metric_points import add_metrics
from test_metrics import look_at, session
from textual.widgets import Input

from mltui.console.widgets.text_field import MOST


async def test_what_is_typed_ahead_arrives_in_order(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    add_metrics(server)
    async with open_console(session=session()) as console:
        await look_at(console, "gpu_temperature")
        console.type_ahead("t", "end", "enter", *"last year", "ctrl+u", *"90m", "enter")
        await console.until_shown("last 90m")
        console.type_ahead("t", "enter", "ctrl+u", *"45m", "left", "left", "1", "enter", "colon", *"metrics", "ctrl+u",
                           *"metrics queue_depth", "enter")  # fmt: skip
        await console.until_shown("last 415m", "Metrics › queue_depth")
        console.type_ahead("slash", *"gpu", "ctrl+u", *"state", "enter", "q")
        await console.until_shown("No runs yet")
        assert console.app.session.lines["/"] == ["state"]


async def test_a_pasted_megabyte_is_cut_and_quoted_in_short(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    add_metrics(server)

    async def pasted(console: Console) -> None:
        console.paste("x" * 1_000_000 + "\nmore")
        await console.until_shown("x" * 30, "a line has room for 10,000 characters: 990,000 were left out")
        assert len(console.app.screen.query_one(Input).value) == MOST

    async with open_console(session=session()) as console:
        await look_at(console, "gpu_temperature")
        await console.press("t", "end", "enter")
        await pasted(console)
        await console.until_shown("…' is no range")
        await console.press("escape", "slash")
        await pasted(console)
        await console.until_shown("None has", "…'")
        await console.press("escape")
        await console.until_shown("Metrics › gpu_temperature", "queue_depth")
