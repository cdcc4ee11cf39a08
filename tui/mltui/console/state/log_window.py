r"""A window on a log: the records around what is visible, joined into the lines that people read.

The server numbers records. A long or unfinished line is several of them, all but the last `open`;
here they become one line, in which what follows the last `\r` wins, as on a terminal.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from mltui.wire.logs import LogLine, LogPage, Stream

Fetch = Callable[[int | None, int], Awaitable[LogPage]]
"""(first, count) → that page; first None means the last `count` lines."""

PAGE_RECORDS = 400
MAX_HELD_RECORDS = 10 * PAGE_RECORDS
MAX_LINE_CHARS = 65_536
"""What is longer is cut for display; the raw log has it all."""


@dataclass(frozen=True, slots=True)
class VisualLine:
    """One line as it is shown."""

    n: int
    """Number of its first record, from 0."""
    time: int
    """Nanoseconds since 1970 UTC, of its latest record."""
    stream: Stream
    text: str
    open: bool
    """More of this line may come."""


def join_records(records: Sequence[LogLine]) -> list[VisualLine]:
    r"""The lines that these records make, in the order in which they began.

    >>> bar = [LogLine(n=n, time=n, stream="err", text=t, open=n < 2) for n, t in enumerate(("1%", "\r2%", "\r3%"))]
    >>> [line.text for line in join_records(bar)]
    ['3%']
    """
    lines: list[list[LogLine]] = []
    unfinished: dict[Stream, list[LogLine]] = {}
    for record in records:
        pieces = unfinished.pop(record.stream, None)
        if pieces is None:
            pieces = []
            lines.append(pieces)
        pieces.append(record)
        if record.open:
            unfinished[record.stream] = pieces
    return [_line(pieces) for pieces in lines]


def _line(pieces: list[LogLine]) -> VisualLine:
    first, last = pieces[0], pieces[-1]
    text = first.text if first is last else "".join(piece.text for piece in pieces)
    if "\r" in text:
        text = text.rstrip("\r").rpartition("\r")[2]
    return VisualLine(first.n, last.time, first.stream, text[:MAX_LINE_CHARS], last.open)


def _nothing() -> None:
    pass


class LogWindow:
    """Holds records [first, end) of a log. One request is under way at a time. Needs a running event loop."""

    def __init__(self, fetch: Fetch, *, follow: bool = True, on_change: Callable[[], None] = _nothing) -> None:
        self.on_change = on_change
        self.lines: list[VisualLine] = []
        """What is held, in order."""
        self.first = self.end = 0
        self.total: int | None = None
        """Records so far; None until the first answer."""
        self.bytes = 0
        self.finished = False
        """Nothing more will come."""
        self.error: Exception | None = None
        """Why the last request failed. The next `show`, `follow` or `more` tries again."""
        self.following = follow
        self._fetch = fetch
        self._records: list[LogLine] = []
        self._wanted = (0, PAGE_RECORDS)
        self._news = False
        self._task: asyncio.Task[None] | None = None

    def show(self, first: int, count: int) -> None:
        """Records [first, first + count) are wanted; a page more on each side comes along."""
        self._wanted = (max(0, first), max(1, count))
        self._start()

    def follow(self, on: bool) -> None:
        """Stay at the end of the log as it grows, or not."""
        self.following = on
        self._start()

    def more(self) -> None:
        """The log may have grown."""
        self._news = True
        self._start()

    @property
    def loading(self) -> bool:
        return self._task is not None and not self._task.done()

    async def settled(self) -> None:
        """Returns when everything wanted is here, or a request failed."""
        while self._task is not None and not self._task.done():
            await asyncio.wait({self._task})

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    # Fetching.

    def _start(self) -> None:
        if not self.loading and self._next() is not None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="log window")

    async def _run(self) -> None:
        while (ask := self._next()) is not None:
            self._news = False
            try:
                page = await self._fetch(*ask)
            except Exception as error:
                self.error = error
                self.on_change()
                return
            before = (self.first, self.end, self.total)
            self.error = None
            self._take(page)
            self.on_change()
            if before == (self.first, self.end, self.total) and not self._news:
                return  # the server has no more than this, whatever it counts

    def _next(self) -> tuple[int | None, int] | None:
        """What to ask for: what is visible before what is around it; None when nothing is missing."""
        if self.total is None:
            return (None if self.following else self._wanted[0]), PAGE_RECORDS
        if self.following:
            if self._news:
                return self.end, PAGE_RECORDS
            if self.total - self.end > PAGE_RECORDS:
                return None, PAGE_RECORDS
            if self.end < self.total:
                return self.end, PAGE_RECORDS
        elif self._news:
            return self.total, PAGE_RECORDS if self.end == self.total else 1
        return self._missing(0) or self._missing(PAGE_RECORDS // 2)

    def _missing(self, around: int) -> tuple[int, int] | None:
        total = self.total or 0
        first = max(0, min(self._wanted[0] - around, total - 1))
        end = min(total, self._wanted[0] + self._wanted[1] + around)
        if self.following:
            # The end of the log is what is visible, wherever the view was before.
            first, end = max(0, min(first, total - self._wanted[1] - around)), total
        if end - first > MAX_HELD_RECORDS:
            first, end = (end - MAX_HELD_RECORDS, end) if self.following else (first, first + MAX_HELD_RECORDS)
        if self.first <= first and end <= self.end:
            return None
        if first > self.end or end < self.first:
            return max(0, first - PAGE_RECORDS // 2), max(end - first, PAGE_RECORDS)
        if end > self.end:
            return self.end, max(end - self.end, PAGE_RECORDS)
        start = max(0, min(first, self.first - PAGE_RECORDS))
        return start, self.first - start

    def _take(self, page: LogPage) -> None:
        self.total, self.bytes, self.finished = page.total, page.bytes, page.finished
        if not page.lines:
            return
        first, end = page.lines[0].n, page.lines[-1].n + 1
        if first > self.end or end < self.first or not self._records:
            if self.following or not self._apart_from_view(first, end):
                self._records, self.first, self.end = page.lines, first, end
        else:
            self._records = [
                *self._records[: max(0, first - self.first)],
                *page.lines,
                *self._records[max(0, end - self.first) :],
            ]
            self.first, self.end = min(first, self.first), max(end, self.end)
            self._forget_far_records()
        self.lines = join_records(self._records)

    def _apart_from_view(self, first: int, end: int) -> bool:
        """Whether [first, end) is only news from the end of the log, while what is visible is here."""
        shown = self._wanted[0]
        return bool(self._records) and self.first <= shown < self.end and not first <= shown < end

    def _forget_far_records(self) -> None:
        surplus = len(self._records) - MAX_HELD_RECORDS
        if surplus <= 0:
            return
        middle = self._wanted[0] + self._wanted[1] // 2
        if self.following or middle - self.first > self.end - middle:
            self._records = self._records[surplus:]
            self.first += surplus
        else:
            self._records = self._records[:-surplus]
            self.end -= surplus
