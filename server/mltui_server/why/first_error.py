"""The line of a log that says what went wrong: found near its end, or by a search that is bounded."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from mltui.wire.logs import LogLine
from mltui.wire.why import MAX_TAIL
from mltui_server.logs.reading import Logs, read_page, read_tail
from mltui_server.logs.search import COLOURS, Pattern, search

TAIL = 500
"""Lines in which the first error counts: in those before them, programs have mostly got over what went wrong."""
BACK = 50_000
"""Lines before the tail that are searched, the last hit counting; for half a second at most."""
HITS = 500
TRACEBACK = "Traceback (most recent call last)"
LONGEST_TRACEBACK = 200
LONGEST_LINE = 2_000
"""Characters that are looked at."""
# For Python's `re` and for RE2 alike.
FATAL = (
    r"Traceback \(most recent call last\)|[Oo]ut of memory|^Killed|^Exception in thread|[Ss]egmentation fault|^panic: "
    r"|^thread '.*' panicked|^fatal: |\bFATAL\b|\bCRITICAL\b|core dumped|bad_alloc|No space left on device"
)
PLAIN = r"\b[A-Z]\w*(?:Error|Exception)\b|\bERROR\b|\b[Ee]rror: |: error\b"
_FATAL, _PLAIN, _COLOURS = re.compile(FATAL), re.compile(PLAIN), re.compile(COLOURS)


@dataclass(frozen=True)
class LogEnd:
    """How a log ends."""

    total: int = 0
    tail: Sequence[LogLine] = ()
    error: LogLine | None = None


async def log_end(logs: Logs, execution_id: UUID) -> LogEnd:
    """Three reads at most, whatever the log's length. Raises NotFound."""
    page = await read_tail(logs, execution_id, TAIL)
    error = first_error(page.lines)
    if error is None and page.first > 0:
        error = await _error_before(logs, execution_id, page.first)
    return LogEnd(page.total, page.lines[-MAX_TAIL:], error)


def first_error(lines: Sequence[LogLine]) -> LogLine | None:
    """The first line that no program survives; otherwise the first that has the look of an error.

    Of a Python traceback, the line that names the exception.
    """
    said = [line for line in lines if line.stream != "agent"]
    for pattern in (_FATAL, _PLAIN):
        for at, line in enumerate(said):
            if pattern.search(plain(line.text)):
                return _exception(said[at : at + LONGEST_TRACEBACK]) if TRACEBACK in line.text else line
    return None


def plain(text: str) -> str:
    """A line as a terminal shows it: without colours, and of a progress bar only its last state."""
    text = _COLOURS.sub("", text[-LONGEST_LINE:]).rstrip("\r")
    return text.rpartition("\r")[2]


def _exception(lines: Sequence[LogLine]) -> LogLine:
    """Of lines that begin with a traceback, the first that is not indented below it, behind the same prefix."""
    head = lines[0]
    prefix = plain(head.text).partition(TRACEBACK)[0]
    for line in lines[1:]:
        text = plain(line.text)
        if line.stream != head.stream or not text.startswith(prefix):
            continue
        body = text[len(prefix) :]
        if body.strip() and not body.startswith((" ", "\t")):
            return line
    return head


async def _error_before(logs: Logs, execution_id: UUID, end: int) -> LogLine | None:
    pattern = Pattern(f"{FATAL}|{PLAIN}", regex=True, case=True)
    matches = await search(logs, execution_id, pattern, max(0, end - BACK), HITS)
    hits = [line for line in matches.lines if line.n < end and line.stream != "agent"]
    if not hits:
        return None
    if TRACEBACK not in hits[-1].text:
        return hits[-1]
    return _exception((await read_page(logs, execution_id, hits[-1].n, LONGEST_TRACEBACK)).lines)
