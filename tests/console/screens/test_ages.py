"""Ages stay true while nothing happens, and cost no more than the lines that they change."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from console_server import NOW, ConsoleServer, add_runs

from mltui.console.state.session import Session


async def test_ages_follow_the_clock_while_nothing_runs(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    add_runs(server.dsn, count=20, ends=["completed"])
    now = NOW
    async with open_console(session=Session(now=lambda: now)) as console:
        await console.until_shown("20 runs", "● live", " 3m ", " 10m ", "0.99")
        await console.until(lambda: not console.app.screen.window.loading, "rows")
        before, painted = console.text.splitlines(), console.app.screen.table.painted_lines
        now += timedelta(minutes=57)
        await console.until(lambda: " 3m " not in console.text, "other ages")
        changed = sum(old != new for old, new in zip(before, console.text.splitlines(), strict=True))
        assert console.app.screen.table.painted_lines - painted == changed < 20
