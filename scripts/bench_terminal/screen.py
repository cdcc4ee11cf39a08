"""Replays a recording: which frames there were, and which of them changed what is visible."""

import re
from collections.abc import Iterable
from typing import Any

import pyte

from bench_terminal.pty import Chunk

SYNC_START, SYNC_END = b"\x1b[?2026h", b"\x1b[?2026l"
FRAME_GAP_S = 0.002
"""Without synchronised output, what is separated by more than this is two frames."""

# pyte prints the tail of sequences that it does not know (kitty keyboard, DECRQM).
UNKNOWN_TO_PYTE = re.compile(rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p|\x1b[_PX^].*?\x1b\\", re.S)


class Screen:
    def __init__(self, columns: int, rows: int) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._lines: dict[int, tuple[Any, ...]] = {}

    def feed(self, frame: bytes) -> bool:
        """Show one frame. Returns whether any visible cell changed."""
        self._screen.dirty.clear()
        self._stream.feed(UNKNOWN_TO_PYTE.sub(b"", frame))
        changed = False
        for y in list(self._screen.dirty):
            if y >= self._screen.lines:
                continue
            row = self._screen.buffer[y]
            line = tuple(row[x] for x in range(self._screen.columns))
            if self._lines.get(y) != line:
                self._lines[y] = line
                changed = True
        return changed

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display)


def frames_of(chunks: Iterable[Chunk]) -> list[Chunk]:
    """Chunks grouped into frames, each with the time when its last byte arrived."""
    frames: list[Chunk] = []
    held, held_at = b"", 0.0
    for at, received in chunks:
        if held and SYNC_START not in held and at - held_at > FRAME_GAP_S:
            frames.append((held_at, held))
            held = b""
        held += received
        held_at = at
        while (end := held.find(SYNC_END)) != -1:
            end += len(SYNC_END)
            frames.append((at, held[:end]))
            held = held[end:]
    if held:
        frames.append((held_at, held))
    return frames
