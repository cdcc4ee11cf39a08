"""The lines of the frame: title, keys and status. Each is sent to the terminal only when it says something else."""

import time
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from mltui.console import format
from mltui.console.keymap import Active, worth_naming
from mltui.console.state.server import Counts
from mltui.console.theme import STATUS, palette
from mltui.console.widgets import cells
from mltui.wire.states import Status

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp

LAST_KEYS = ("app.help", "app.command", "app.back")
"""Hints at the right; where there is little room, the first and the last of them."""
BETWEEN = "  "
"""Two hints."""
GAP = 2
"""Blank columns that stay between the left and the right."""


class OneLine(Widget, can_focus=False):
    """Text at the left and at the right; the left one gives way."""

    app: "MltuiApp"
    DEFAULT_CSS = "OneLine { height: 1; width: 1fr; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.left, self.right = Text(), Text()

    def show(self, left: Text, right: Text | None = None) -> None:
        right = right or Text()
        if (left, left.spans, right, right.spans) != (self.left, self.left.spans, self.right, self.right.spans):
            self.left, self.right = left, right
            self.refresh()

    def render_line(self, y: int) -> Strip:
        base, colours, width = self.rich_style, palette(self.app), self.size.width
        right = self.right if self.right.cell_len <= width - 10 else Text()
        blank = GAP if right else 0
        room = max(0, width - right.cell_len - blank - 2)
        segments = [
            Segment(" ", base),
            *cells.styled(self.left, room, "left", base, colours),
            Segment(" " * blank, base),
        ]
        segments += cells.styled(right, right.cell_len, "left", base, colours)
        return Strip([*segments, Segment(" ", base)]).crop_extend(0, width, base)


class TitleLine(OneLine):
    """Where one is, and what is to be seen there."""

    def say(self, crumbs: list[str], facts: Text | None = None) -> None:
        left = Text().append("mltui", "accent").append("  ")
        for at, crumb in enumerate(crumbs):
            last = at == len(crumbs) - 1
            left.append(" › " if at else "", "muted").append(crumb, "bold" if last else "muted")
        self.show(left, facts)


class TabLine(OneLine):
    """What there is to look at, by number; a click opens it as its number does."""

    def say(self, tabs: Sequence[str], here: int, more: Text | None = None, right: Text | None = None) -> None:
        """`here`: the number of the one that is open, from 1. `more`: what comes after them."""
        line, self._ends = Text(), list[int]()
        for number, name in enumerate(tabs, 1):
            open_ = number == here
            line.append(f" {number} ", "accent" if open_ else "muted").append(f"{name} ", "bold" if open_ else "muted")
            self._ends.append(1 + line.cell_len)
            line.append(" ")
        self.show(line.append_text(more) if more else line, right)

    async def on_click(self, event: events.Click) -> None:
        number = 1 + bisect_right(self._ends, event.x)
        if number <= len(self._ends):
            await self.screen.run_action(f"tab({number})")


class KeyLine(OneLine):
    """The footer: the keys worth knowing now, from the one table."""

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.call_after_refresh(self.say_keys))
        self.call_after_refresh(self.say_keys)

    def on_resize(self) -> None:
        self.say_keys()

    def say_keys(self) -> None:
        if not self.is_attached:
            return
        hints = {key.id: _hint(key) for key in worth_naming(self.screen)}
        last = [hints.pop(id) for id in LAST_KEYS if id in hints]
        fewest = last[:1] + last[-1:]
        left, right = Text(BETWEEN).join(hints.values()), Text(BETWEEN).join(last)
        if left.cell_len > self._room(right):
            right = Text(BETWEEN).join(fewest)
            left = _as_many_as_fit(hints.values(), self._room(right))
        self.show(left, right)

    def _room(self, right: Text) -> int:
        return self.size.width - right.cell_len - GAP - 2


class StatusLine(OneLine):
    """Which server, whether what is shown is live, how many runs there are, who asks.

    Where there is no room for all of it, the version, the user and counts of nothing leave, in this order.
    """

    def on_mount(self) -> None:
        self.say_status()

    def on_resize(self) -> None:
        self.say_status()

    def say_status(self) -> None:
        if not self.is_attached:
            return
        version, user = Text(self.app.server_version, "muted"), Text(f" {self.app.user}", "muted")
        counts = _counts(self.app.counts)
        left = [self._link(), *self._delay(), Text(self.app.address, "secondary")] + [version] * bool(version)
        right = [*(text for _, text in counts), user]
        leaving = [*([version] if version else []), user, *(text for number, text in counts if not number)]
        while leaving and _length(left) + GAP + _length(right) > self.size.width - 2:
            first = leaving.pop(0)
            left, right = ([part for part in side if part is not first] for side in (left, right))
        self.show(Text(" " * GAP).join(left), Text(" " * GAP).join(right))

    def _link(self) -> Text:
        state, since = self.app.link
        if state == "live":
            return Text().append("● live", "success")
        if state == "connecting" and since is None:
            return Text().append("◌ connecting", "status-waiting")
        age = format.duration(max(1.0, float(int(time.monotonic() - (since or 0.0)))))
        word = "stale" if self.app.was_live else "no server for"
        return Text().append(f"◍ {word} {age}", "warning")

    def _delay(self) -> list[Text]:
        """That samples are durable and cannot be seen yet; charts keep what they have."""
        inbox = self.app.inbox
        if inbox is None or not inbox.delayed:
            return []
        waiting = format.count(inbox.waiting)
        return [Text(f"◔ samples delayed {format.duration(inbox.oldest_s)}, {waiting} wait", "warning")]


def _counts(counts: Counts | None) -> list[tuple[int, Text]]:
    if counts is None:
        return []
    kinds = (
        (counts.running, Status.RUNNING, "running"),
        (counts.queued, Status.QUEUED, "queued"),
        (counts.failed, Status.FAILED, "failed in 24 h"),
    )
    return [
        (number, Text(f"{STATUS[status].glyph} {number} {words}", STATUS[status].colour if number else "muted"))
        for number, status, words in kinds
    ]


def _length(parts: list[Text]) -> int:
    return sum(part.cell_len for part in parts) + GAP * (len(parts) - 1)


def _hint(key: Active) -> Text:
    return Text(key.keys.split(" ", maxsplit=1)[0], "footer-key-foreground").append(f" {key.description}", "muted")


def _as_many_as_fit(hints: Iterable[Text], room: int) -> Text:
    """One after the other; one that is too long makes room for the next."""
    found = Text()
    for hint in hints:
        more = Text(BETWEEN if found else "").append_text(hint)
        if found.cell_len + more.cell_len <= room:
            found.append_text(more)
    return found
