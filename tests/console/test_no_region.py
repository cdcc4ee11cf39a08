"""Widgets that are asked for something while they have no region: they go by the size that they had last."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot
from widget_apps import LogApp, TableApp, lines_of

from mltui.console.widgets.painted import PaintedLines


@asynccontextmanager
async def no_region(widget: PaintedLines, pilot: Pilot[None]) -> AsyncIterator[None]:
    widget.display = False
    await pilot.pause()
    assert not widget.region
    yield
    widget.display = True
    await pilot.pause()


async def test_a_list_scrolls_to_its_cursor() -> None:
    app = TableApp()
    async with app.run_test(size=(110, 20)) as pilot:
        await app.window.settled()
        async with no_region(app.table, pilot):
            app.table.cursor = 500
        await app.window.settled()
        await pilot.pause()
        assert "digits-00500" in lines_of(app.table)[-1]


async def test_a_log_has_a_match_below_a_third_of_its_lines() -> None:
    app = LogApp()
    async with app.run_test(size=(110, 24)) as pilot:
        await app.log_window.settled()
        async with no_region(app.view, pilot):
            app.view.show_match(5_000)
        await app.log_window.settled()
        await pilot.pause()
        assert app.view.top_record == 5_000 - 24 // 3
