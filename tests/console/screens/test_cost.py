"""What the console costs: requests a key, and bytes when nothing happens."""

import sys
from collections.abc import Callable
from typing import Any

from bench_terminal.measure import measure
from console_server import ConsoleServer, add_runs, run_id


async def test_moving_in_the_list_asks_for_nothing(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    add_runs(server.dsn)
    async with open_console(size=(100, 24)) as console:
        await console.until_shown("40 runs", "● live")
        await console.until(lambda: not console.app.screen.window.loading, "rows")
        await console.until(lambda: not console.app._count._wanted, "counts")
        asked = len([request for request in console.client.requests if request == "GET /runs"])
        await console.press(*["j"] * 20, "G", "g")
        await console.until(lambda: not console.app.screen.window.loading, "rows")
        assert len([r for r in console.client.requests if r == "GET /runs"]) - asked <= 4


async def test_what_is_covered_is_not_fetched(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    server.pipeline("quick", "true")
    add_runs(server.dsn, ends=["completed"])
    async with open_console(run_id=run_id(0)) as console:
        await console.until_shown("Runs › digits-40", "● live")
        lists = console.app.screen_stack[1].window
        await lists.settled()
        lists._fetch = _refuse
        server.run_once("quick")
        await console.until(lambda: console.app.counts is not None and server.get("/runs")["total"] == 41, "the run")
        assert lists.error is None


async def _refuse(offset: int, limit: int) -> Any:
    raise AssertionError("nobody sees this list")


def test_an_idle_console_writes_nothing(server: ConsoleServer) -> None:
    add_runs(server.dsn)
    argv = [sys.executable, "-m", "mltui", "--url", server.url]
    report = measure(argv, columns=100, rows=30, ready="digits-40", settle_start_s=2.0, idle_s=3.0)
    assert report.idle_bytes_per_s == 0
