"""What the console costs: requests a key, and bytes when nothing happens."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench_terminal.measure import measure
from bench_terminal.pty import Pty
from conftest import WITHIN_S
from console_server import ConsoleServer, add_runs, run_id
from metric_points import add_metrics


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


def test_metrics_that_do_not_change_write_nothing(server: ConsoleServer, tmp_path: Path) -> None:
    add_metrics(server)
    argv = [sys.executable, "-m", "mltui", "--url", server.url]
    with Pty(argv, 100, 30, env={"XDG_STATE_HOME": str(tmp_path)}) as pty:
        wait_for(pty, "No runs yet")
        pty.press("m")
        wait_for(pty, "service_state")
        pty.press("t")
        wait_for(pty, "all there is")
        for key in [*["down"] * 5, "enter"]:
            pty.press(key)
        wait_for(pty, "observations in")
        pty.read_for(3.0)
        written = len(pty.chunks)
        pty.read_for(3.0)
        assert len(pty.chunks) == written


def wait_for(pty: Pty, words: str) -> None:
    deadline = time.monotonic() + WITHIN_S
    while words.encode() not in b"".join(data for _, data in pty.chunks):
        assert time.monotonic() < deadline, words
        pty.read_for(0.1)
