"""The lines of the frame at the widths that terminals have."""

from dataclasses import dataclass
from typing import Any

import pytest
from rich.text import Text
from textual.app import App, ComposeResult
from widget_apps import lines_of

from mltui.console.screens.lines import OneLine, StatusLine
from mltui.console.state.server import Counts
from mltui.console.theme import DARK, THEMES
from mltui.wire.samples import InboxState


@dataclass
class Said:
    """What the status line reads of the app."""

    link: tuple[str, float | None] = ("live", None)
    was_live: bool = True
    address: str = "127.0.0.1:9351"
    server_version: str = "0.1.0"
    counts: Counts | None = None
    inbox: InboxState | None = None
    user: str = "ada"


class LineApp(App[None]):
    def __init__(self, line: OneLine, said: Said) -> None:
        super().__init__()
        self.line = line
        vars(self).update(vars(said))
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK.name

    def compose(self) -> ComposeResult:
        yield self.line


async def shown(line: OneLine, width: int, **said: Any) -> str:
    app = LineApp(line, Said(**said))
    async with app.run_test(size=(width, 3)) as pilot:
        await pilot.pause()
        return lines_of(line)[0]


@pytest.mark.parametrize("length", [20, 30, 31, 32, 33, 59])
async def test_two_blanks_stay_between_left_and_right(length: int) -> None:
    line = OneLine()
    line.show(Text("l" * length), Text("right"))
    assert (await shown(line, 40)).endswith("  right")


@pytest.mark.parametrize("width", [60, 70, 78, 80, 100, 120])
async def test_the_status_line_drops_what_matters_least(width: int) -> None:
    text = await shown(StatusLine(), width, link=("connecting", 0.0), counts=Counts(running=1, queued=0, failed=0))
    assert "127.0.0.1:9351  " in text and "● 1 running" in text and "stale" in text
    assert ("0 queued" in text) >= ("ada" in text) >= ("0.1.0" in text)
    assert ("0.1.0" in text) == (width >= 100)


async def test_how_much_waits_and_for_how_long_stays_on_a_narrow_line() -> None:
    late = InboxState(waiting=12_345, oldest_s=42.0, capacity=10**6, delayed=True)
    text = await shown(StatusLine(), 80, inbox=late, counts=Counts(running=1, queued=0, failed=0))
    assert "◔ samples delayed 42s, 12,345 wait  127.0.0.1:9351" in text
    on_time = InboxState(waiting=100, oldest_s=0.2, capacity=10**6, delayed=False)
    assert "delayed" not in await shown(StatusLine(), 80, inbox=on_time)
