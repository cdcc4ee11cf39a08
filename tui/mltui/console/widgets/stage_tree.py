"""The stage tree: the stages of a run in the order of their dependencies, with state, attempts, duration and a bar."""

from collections.abc import Sequence
from datetime import datetime

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.strip import Strip

from mltui.console import format as text
from mltui.console.state.stages import GUIDE, Branch, branches
from mltui.console.theme import STATUS
from mltui.console.widgets import cells
from mltui.console.widgets.guides import narrowed
from mltui.console.widgets.keys import Key, bindings
from mltui.console.widgets.virtual import VirtualLines
from mltui.wire.runs import StageRunRow
from mltui.wire.states import Status

MAX_NAME = 44
DURATION, GAP = 7, 2
LEAST_BAR = 8
LEAST_NAME = 12
"""Letters of a name that stay, however deep it stands."""

KEYS = [Key("stages.open", "open", "enter", "Open the stage", show=True)]


class StageTree(VirtualLines):
    """Draws what `show` was given; it keeps no clock, so that an idle console stays silent."""

    BINDINGS = bindings(KEYS)

    class Selected(Message):
        """The cursor is on this stage run now."""

        def __init__(self, stage_run_id: str) -> None:
            super().__init__()
            self.stage_run_id = stage_run_id

    class Opened(Message):
        """Enter on a stage run."""

        def __init__(self, stage_run_id: str) -> None:
            super().__init__()
            self.stage_run_id = stage_run_id

    def __init__(
        self, *, empty: str = "This run has no stages.", id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.empty = empty
        self._branches: list[Branch] = []
        self._start: datetime | None = None
        self._end: datetime | None = None
        self._selected: str | None = None
        self.awaited = True

    @property
    def selected(self) -> StageRunRow | None:
        """The stage run under the cursor."""
        return self._branches[self.cursor].stage if self.cursor < len(self._branches) else None

    def show(self, stages: Sequence[StageRunRow], now: datetime) -> None:
        """These stages, as they are at `now`, to which the bars of what still runs reach."""
        self._branches, self.awaited = branches(stages), False
        started = [stage.started_at for stage in stages if stage.started_at is not None]
        ended = [self._ended(stage, now) for stage in stages if stage.started_at is not None]
        self._start, self._end = min(started, default=None), max(ended, default=None)
        self.resize_content(len(self._branches), 0)
        at = next((i for i, branch in enumerate(self._branches) if branch.stage.id == self._selected), self.cursor)
        self.cursor = at
        self._post_selected()
        self.repaint_changed()

    @staticmethod
    def _ended(stage: StageRunRow, now: datetime) -> datetime:
        return stage.completed_at or now

    def watch_cursor(self, old: int, new: int) -> None:
        super().watch_cursor(old, new)
        self._post_selected()

    def _post_selected(self) -> None:
        stage = self.selected
        if stage is not None and stage.id != self._selected:
            self._selected = stage.id
            self.post_message(self.Selected(stage.id))

    def action_open(self) -> None:
        stage = self.selected
        if stage is not None:
            self.post_message(self.Opened(stage.id))

    # Drawing.

    def draw_line(self, index: int, base: Style) -> Strip:
        branch = self._branches[index]
        stage, look = branch.stage, STATUS[branch.stage.status]
        colour, muted = base + self.palette.style(look.colour), base + self.palette.style("muted")
        name_width = self._name_width()
        guide = self._guide(branch, name_width)
        attempts, duration = self._attempts(stage), self._duration(stage)
        # A name may reach into what is blank beside it.
        numbers = cell_len(f"{attempts:>{self._attempts_width()}}{duration:>{DURATION}}".lstrip())
        whole = name_width + GAP + self._attempts_width() + DURATION
        room = whole - cell_len(guide) - 2 - numbers - GAP
        segments = [
            Segment(" ", base),
            Segment(guide, base + self.palette.style("muted", dim=True)),
            Segment(f"{look.glyph} ", colour),
            *cells.plain(stage.name, room, "left", base),
            Segment(" " * GAP, base),
            *cells.plain(attempts, numbers - DURATION, "right", muted),
            *cells.plain(duration, min(numbers, DURATION), "right", base),
            Segment(" " * GAP, base),
        ]
        bar = self.viewport.width - 1 - whole - GAP - 1
        if bar >= LEAST_BAR:
            segments += self._bar(stage, bar, colour, base)
        return Strip(segments)

    def draw_beyond(self, y: int, base: Style) -> Strip:
        if self._branches or y != max(0, (self.viewport.height - 1) // 3):
            return super().draw_beyond(y, base)
        left = max(0, (self.viewport.width - cell_len(self.empty)) // 2)
        return Strip([Segment(" " * left, base), Segment(self.empty, base + self.palette.style("muted"))])

    def _name_width(self) -> int:
        """Columns of guides, marks and names: what is left beside the rest, where there is no room for the bars."""
        return max(12, min(self._widest(compact=self._compact()), MAX_NAME, self._room()))

    def _room(self) -> int:
        return self.viewport.width - 1 - GAP - self._attempts_width() - DURATION - 1

    def _widest(self, *, compact: bool) -> int:
        step = 2 if compact else GUIDE
        return max((len(b.guide) // GUIDE * step + 2 + cell_len(b.stage.name) for b in self._branches), default=0)

    def _compact(self) -> bool:
        return self._widest(compact=False) > self._room()

    def _guide(self, branch: Branch, name_width: int) -> str:
        """In two columns a level where three would cost letters of a name; the depth where those would too."""
        if not self._compact():
            return branch.guide
        return narrowed(branch.guide, max(0, name_width - 2 - min(LEAST_NAME, cell_len(branch.stage.name))))

    def _attempts_width(self) -> int:
        return max((len(self._attempts(branch.stage)) for branch in self._branches), default=0)

    def _attempts(self, stage: StageRunRow) -> str:
        if stage.reused_from is not None:
            return "kept"
        several = stage.attempt_number > 1
        return f"{stage.attempt_number}/{stage.max_attempts}" if several else ""

    def _duration(self, stage: StageRunRow) -> str:
        if stage.started_at is None or self._end is None:
            return text.ABSENT if stage.status is not Status.SKIPPED else ""
        if stage.completed_at is not None and stage.execution_time is not None:
            return text.duration(stage.execution_time)
        return text.duration(((stage.completed_at or self._end) - stage.started_at).total_seconds())

    def _bar(self, stage: StageRunRow, room: int, colour: Style, base: Style) -> list[Segment]:
        """From the stage's start to its end, on the scale of the whole run; at least half a cell."""
        faint = base + self.palette.style("faint")
        if stage.started_at is None or self._start is None or self._end is None:
            return [Segment("┈" * room, faint)]
        whole = max((self._end - self._start).total_seconds(), 1e-9)
        halves = 2 * room
        begin = int((stage.started_at - self._start).total_seconds() / whole * halves + 0.5)
        end = int(((stage.completed_at or self._end) - self._start).total_seconds() / whole * halves + 0.5)
        begin = max(0, min(begin, halves - 1))
        end = max(begin + 1, min(end, halves))
        first, last = -(-begin // 2), end // 2
        bar = ("╺" if begin % 2 else "") + "━" * max(0, last - first) + ("╸" if end % 2 and last >= first else "")
        return [
            Segment("┈" * (begin // 2), faint),
            Segment(bar, colour),
            Segment("┈" * (room - begin // 2 - len(bar)), faint),
        ]
