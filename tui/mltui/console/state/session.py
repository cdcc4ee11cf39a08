"""What a console remembers besides what it fetched: given to the app, so that each person's is their own."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mltui.console.state.memory import Memory
from mltui.console.state.undo import History

HISTORY = 100
"""Lines that are remembered of each kind."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Session:
    """One person's console."""

    theme: str = "mltui-dark"
    filter: str = ""
    """The line that the list of runs is filtered by."""
    sort: tuple[str, bool] = ("created_at", True)
    """What the list of runs is sorted by, and whether descending."""
    run_tab: int = 1
    keymap: dict[str, str] = field(default_factory=dict)
    """Keys by id, where they differ from the table's."""
    lines: dict[str, list[str]] = field(default_factory=dict)
    """What was typed at each prompt, oldest first."""
    save_folder: str = ""
    """Where artifacts were saved last; empty until some are."""
    memory: Memory = field(default_factory=Memory)
    """What is still known when the console is started again."""
    history: History = field(default_factory=History)
    """What this console did; what somebody else does, or did before, is not its to undo."""
    now: Callable[[], datetime] = _now
    """The clock, in UTC: what ages and durations are measured against."""

    def remember(self, prompt: str, line: str) -> None:
        lines = self.lines.setdefault(prompt, [])
        if line and lines[-1:] != [line]:
            lines.append(line)
            del lines[:-HISTORY]
