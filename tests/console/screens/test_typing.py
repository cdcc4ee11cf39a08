"""Typing faster than dialogs open, and pasting more than anybody writes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from artifact_files import add_artifacts
from conftest import Console
from console_server import ConsoleServer, add_runs, run_id
from metric_points import add_metrics
from slow_line import SlowLine, slow_line
from test_metrics import look_at, session
from textual.widgets import Input

from mltui.console.typed import WAIT_S
from mltui.console.widgets.exact_table import ExactTable
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


@pytest.mark.parametrize("held", [b"/artifacts", b"GET "], ids=["artifacts", "everything"])
async def test_what_is_typed_before_lines_are_there_is_done_to_them(
    server: ConsoleServer, open_console: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, held: bytes
) -> None:
    add_runs(server.dsn, 3)
    add_artifacts(server.dsn, server.folder / "data", 1)
    async with slow_line(server.url, held) as line:
        monkeypatch.setattr(server, "url", line.url)
        line.open.clear()
        async with open_console() as console:
            console.type_ahead("j", "enter", "6", "enter", "j", "k", "end", "up", "enter", "down", "enter")
            await console.until(lambda: line.waiting, "a request that is held up")
            line.open.set()
            await console.until_shown("digits-2", "▾ checkpoints/", "accuracy: 0.93", "q Files")


async def test_who_goes_back_from_lines_that_do_not_come_has_given_up_what_was_typed(
    server: ConsoleServer, open_console: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_runs(server.dsn, 3)
    add_artifacts(server.dsn, server.folder / "data", 0)
    async with slow_line(server.url, b"/artifacts") as line:
        monkeypatch.setattr(server, "url", line.url)
        line.open.clear()
        async with open_console() as console:
            console.type_ahead("enter", "6", "end", "j", "enter")
            await console.until(lambda: line.waiting, "a request that is held up")
            console.type_ahead("q", "j", "space")
            await console.until_shown("Pipelines", "1 marked")


async def test_a_key_for_a_run_that_is_on_its_way_waits_for_it(
    server: ConsoleServer, open_console: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_runs(server.dsn, 3)
    async with slow_line(server.url, f"/runs/{run_id(0)}".encode()) as line:
        monkeypatch.setattr(server, "url", line.url)
        async with open_console() as console:
            await console.until_shown("digits-3")
            line.open.clear()
            console.type_ahead("enter", "t", "ctrl+u", *"team=fraud", "enter")
            await console.until(lambda: line.waiting, "a request that is held up")
            line.open.set()
            await console.until_shown("Runs › digits-3", "team=fraud")
            await console.until(lambda: not console.app.screen.is_modal, "the dialog to be gone")


@pytest.mark.parametrize("key", ["enter", "t"])
async def test_a_key_for_a_row_that_is_on_its_way_waits_for_it(
    server: ConsoleServer, open_console: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    add_runs(server.dsn, 450)
    async with slow_line(server.url, b"offset=400") as line:
        monkeypatch.setattr(server, "url", line.url)
        async with open_console() as console:
            await console.until_shown("digits-450", "450 runs")
            line.open.clear()
            console.type_ahead("G", "k", key)
            await console.until(lambda: line.waiting, "a request that is held up")
            await console.until_shown("·····")
            line.open.set()
            await console.until_shown("Runs › digits-2" if key == "enter" else "Tags of digits-2")


async def test_keys_for_a_metric_wait_until_it_is_looked_at(
    server: ConsoleServer, open_console: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_metrics(server)
    mine = session()
    mine.memory.look_at("gpu_temperature")
    async with slow_line(server.url, b"/metrics") as line:
        monkeypatch.setattr(server, "url", line.url)
        line.open.clear()
        async with open_console(session=mine) as console:
            console.type_ahead("m", "t", "end", "enter", "ctrl+u", *"90m", "enter", "2", "tab")
            await console.until(lambda: line.waiting, "a request that is held up")
            line.open.set()
            await console.until_shown("Metrics › gpu_temperature", "last 90m")
            await console.until(lambda: isinstance(console.app.focused, ExactTable), "the table to have the focus")


async def test_a_console_that_ends_drops_what_waits(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    add_runs(server.dsn, 3)
    for _ in range(10):
        async with open_console() as console:
            await console.until_shown("digits-3")
            # Each waits for the one before it, and looks for it while the screens go.
            console.type_ahead(*["j", "k"] * 50)


@asynccontextmanager
async def jobs_that_are_held_up(
    server: ConsoleServer, open_console: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Console, SlowLine]]:
    """A console with the list of jobs, whose next form is on its way until the line is open."""
    async with slow_line(server.url, b"POST /api/v1/ingestion-jobs") as line:
        monkeypatch.setattr(server, "url", line.url)
        async with open_console() as console:
            await console.type(":ingest")
            await console.press("enter")
            await console.until_shown("No ingestion jobs yet")
            line.open.clear()
            yield console, line


async def test_a_form_that_is_sent_twice_over_a_slow_line_does_it_once(
    server: ConsoleServer, open_console: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with jobs_that_are_held_up(server, open_console, monkeypatch) as (console, line):
        await console.press("a")
        await console.until_shown("Add an ingestion job")
        console.paste("/nowhere/once.csv")
        for _ in range(3):
            await console.press("ctrl+s")
            await console.until(lambda: line.waiting, "a request that is held up")
        await console.pilot.pause(0.2)
        # One that was given up may have been done, too.
        assert (line.waiting, line.hung_up) == (1, 0)
        line.open.set()
        await console.until_shown("1 job", "once")


async def test_what_is_typed_after_a_form_was_sent_waits_until_it_is_gone(
    server: ConsoleServer, open_console: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with jobs_that_are_held_up(server, open_console, monkeypatch) as (console, line):
        console.type_ahead("a", *"/nowhere/one.csv", "ctrl+s", "a", *"/nowhere/two.csv", "ctrl+s")
        await console.until(lambda: line.waiting, "a request that is held up")
        # Longer than any key waits for another.
        await asyncio.sleep(2 * WAIT_S)
        line.open.set()
        await console.until_shown("2 jobs", "one", "two")


async def test_who_leaves_a_form_that_is_being_sent_has_given_up_what_was_typed(
    server: ConsoleServer, open_console: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with jobs_that_are_held_up(server, open_console, monkeypatch) as (console, line):
        console.type_ahead("a", *"/nowhere/one.csv", "ctrl+s", *"abc")
        await console.until(lambda: line.waiting, "a request that is held up")
        console.type_ahead("escape", "question_mark")
        await console.until_shown("EVERYWHERE")
