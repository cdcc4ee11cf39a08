"""Searching logs: a bounded stretch each call.

Matching is RE2, by Arrow: its time is linear in the text whatever the pattern, and it lets go of the interpreter.
Python's own `re` would hold up the whole server for as long as a bad pattern takes, thread or not.
"""

import asyncio
import time
from dataclasses import dataclass
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

from mltui.wire.logs import LogMatches, LogRecord
from mltui_server.lib.errors import Invalid
from mltui_server.logs.queries import log_state
from mltui_server.logs.reading import MAX_COUNT, Logs, line_of, text_of, walk

BUDGET_S = 0.5
"""After this long a call answers with what it found and where to go on."""
MAX_MATCH_BYTES = 4 << 20
MAX_PATTERN = 1_000
ESCAPE, COLOURS = "\x1b", r"\x1b\[[0-9;:?]*[A-Za-z]"
"""What colours text is not part of what people read, and so not of what they search in."""


@dataclass(frozen=True)
class Pattern:
    text: str
    regex: bool
    case: bool

    def hits(self, texts: list[str]) -> list[bool]:
        """Which texts match. Raises Invalid where the pattern is none."""
        match = pc.match_substring_regex if self.regex else pc.match_substring
        array = pa.array(texts, pa.large_string())
        if any(ESCAPE in text for text in texts):
            array = pc.replace_substring_regex(array, COLOURS, "")
        try:
            found: list[bool] = match(array, self.text, ignore_case=not self.case).to_pylist()
        except pa.ArrowInvalid as error:
            reason = str(error).removeprefix("Invalid regular expression: ")
            raise Invalid(f"{self.text!r} is not a regular expression of the RE2 kind: {reason}") from None
        return found


async def search(logs: Logs, execution_id: UUID, pattern: Pattern, first: int, limit: int) -> LogMatches:
    """Up to `limit` matching lines from line `first` on. Raises NotFound, and Invalid for a bad pattern or range."""
    if not 1 <= len(pattern.text) <= MAX_PATTERN:
        raise Invalid(f"q has {len(pattern.text)} characters; between 1 and {MAX_PATTERN} are possible")
    if first < 0:
        raise Invalid(f"from is {first}; lines count from 0")
    if not 1 <= limit <= MAX_COUNT:
        raise Invalid(f"limit is {limit}; it must be between 1 and {MAX_COUNT}")
    state = await log_state(logs.pool, execution_id)
    pattern.hits([""])
    found: list[tuple[int, LogRecord]] = []
    size, deadline = 0, time.monotonic() + BUDGET_S
    async for numbered in walk(logs, execution_id, first, state.lines):
        for n, record in await asyncio.to_thread(_matching, pattern, numbered):
            found.append((n, record))
            size += len(record.body)
            if len(found) == limit or size > MAX_MATCH_BYTES:
                return _answer(found, n + 1, state.lines)
        first = numbered[-1][0] + 1
        if time.monotonic() > deadline:
            return _answer(found, first, state.lines)
    return _answer(found, state.lines, state.lines)


def _matching(pattern: Pattern, numbered: list[tuple[int, LogRecord]]) -> list[tuple[int, LogRecord]]:
    hits = pattern.hits([text_of(record) for _, record in numbered])
    return [pair for pair, hit in zip(numbered, hits, strict=True) if hit]


def _answer(found: list[tuple[int, LogRecord]], reached: int, total: int) -> LogMatches:
    return LogMatches(lines=[line_of(n, record) for n, record in found], next=reached if reached < total else None)
