"""What dialogs say of the rows that were chosen, of runs and of ingestion jobs."""

from collections.abc import Sequence
from typing import Protocol

from mltui.wire.states import LIVE, Status

NAMED = 6
"""Rows that a dialog names; the others are counted."""


class Chosen(Protocol):
    name: str
    status: Status


def names(rows: Sequence[Chosen]) -> str:
    shown = ", ".join(row.name for row in rows[:NAMED])
    return shown if len(rows) <= NAMED else f"{shown} and {len(rows) - NAMED} more"


def left_out(rows: Sequence[Chosen]) -> str:
    """What a dialog says of chosen rows that are in no state for it."""
    by_state: dict[Status, list[Chosen]] = {}
    for row in rows:
        by_state.setdefault(row.status, []).append(row)
    lines = []
    for status, some in by_state.items():
        are, stay = ("are", "stay") if len(some) > 1 else ("is", "stays")
        lines.append(f"{names(some)} {are} {'still' if status in LIVE else 'already'} {status.value} and {stay}.")
    return "\n\n" + "\n".join(lines) if lines else ""
