"""A window on a long list that the server holds: the rows around what is visible, and no others."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Generic, TypeVar

R = TypeVar("R")
Fetch = Callable[[int, int], Awaitable[tuple[Sequence[R], int]]]
"""(offset, limit) → (rows, how many rows there are in all)."""

PAGE_ROWS = 100
KEPT_PAGES = 3
"""Pages on each side of the visible ones that are kept after they went out of sight."""


def _nothing() -> None:
    pass


class Window(Generic[R]):
    """Rows by index, fetched as they come into view, one page ahead on each side.

    One request is under way at a time; what is asked for meanwhile is one request afterwards.
    `cursor` and `marks` stick to a row's id, so they follow it when rows move.
    `on_change` is called after anything here changed. Needs a running event loop.
    """

    def __init__(
        self,
        fetch: Fetch[R],
        key: Callable[[R], str],
        *,
        page_rows: int = PAGE_ROWS,
        on_change: Callable[[], None] = _nothing,
    ) -> None:
        self.on_change = on_change
        self.total: int | None = None
        """None until the first answer."""
        self.error: Exception | None = None
        """Why the last request failed. The next `show` or `invalidate` tries again."""
        self.cursor = 0
        self.marks: set[str] = set()
        self._fetch, self._key, self._page_rows = fetch, key, page_rows
        self._pages: dict[int, Sequence[R]] = {}
        self._stale: set[int] = set()
        self._first, self._count = 0, page_rows
        self._cursor_id: str | None = None
        self._generation = 0
        self._changes = 0
        self._task: asyncio.Task[None] | None = None

    # What is there.

    def row(self, index: int) -> R | None:
        """The row at `index`, or None while it is not here."""
        page = self._pages.get(index // self._page_rows, ())
        at = index % self._page_rows
        return page[at] if at < len(page) else None

    def rows(self) -> Iterator[tuple[int, R]]:
        """Every row that is held, with its index."""
        for number in sorted(self._pages):
            yield from enumerate(self._pages[number], number * self._page_rows)

    def id_at(self, index: int) -> str | None:
        row = self.row(index)
        return None if row is None else self._key(row)

    @property
    def loading(self) -> bool:
        return self._task is not None and not self._task.done()

    # What is wanted.

    def show(self, first: int, count: int) -> None:
        """Rows [first, first + count) are visible now."""
        self._first, self._count = max(0, first), max(1, count)
        self._start()

    def invalidate(self) -> None:
        """Rows may have changed on the server: those in view are fetched again, others when they come into view."""
        self._changes += 1
        self._stale.update(self._pages)
        self._start()

    def reset(self, fetch: Fetch[R] | None = None) -> None:
        """Another question (filter, order): forgets every row, and drops the answer that is under way."""
        self._fetch = fetch or self._fetch
        self._generation += 1
        self._pages.clear()
        self._stale.clear()
        self.total, self.error = None, None
        self.cursor, self._cursor_id = 0, None
        self._first = 0
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self.on_change()
        self._start()

    async def settled(self) -> None:
        """Returns when everything wanted is here, or a request failed."""
        while self._task is not None and not self._task.done():
            await asyncio.wait({self._task})

    def close(self) -> None:
        """Asks for nothing any more."""
        self._generation += 1
        if self._task is not None:
            self._task.cancel()
            self._task = None

    # The cursor and the marks.

    def move_to(self, index: int) -> None:
        """Put the cursor on the row at `index`; it stays with that row."""
        self.cursor = self._clamped(index)
        self._cursor_id = self.id_at(self.cursor)

    def toggle_mark(self, index: int) -> None:
        """Mark the row at `index`, or take its mark away. A row that is not here cannot be marked."""
        row_id = self.id_at(index)
        if row_id is not None:
            self.marks ^= {row_id}
            self.on_change()

    def clear_marks(self) -> None:
        self.marks.clear()
        self.on_change()

    # Fetching.

    def _start(self) -> None:
        if not self.loading and self._next_range() is not None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="window")

    async def _run(self) -> None:
        generation = self._generation
        while (wanted := self._next_range()) is not None:
            first, count = wanted
            changes = self._changes
            offset, limit = first * self._page_rows, count * self._page_rows
            try:
                rows, total = await self._fetch(offset, limit)
            except Exception as error:
                if generation == self._generation:
                    self.error = error
                    self.on_change()
                return
            if generation != self._generation:
                return
            self.error = None
            self._take(first, count, rows, total, fresh=changes == self._changes)
            self.on_change()

    def _next_range(self) -> tuple[int, int] | None:
        """(first page, pages) of the next request: what is visible before what is ahead; None when all is here."""
        first = self._first // self._page_rows
        last = (self._first + self._count - 1) // self._page_rows
        if self.total is not None:
            last = min(last, max(0, self.total - 1) // self._page_rows)
            first = min(first, last)
        missing = [p for p in range(first, last + 1) if p not in self._pages or p in self._stale]
        if missing:
            return missing[0], missing[-1] - missing[0] + 1
        for page in (last + 1, first - 1):
            if page not in self._pages and page >= 0 and page * self._page_rows < (self.total or 0):
                return page, 1
        return None

    def _take(self, first: int, count: int, rows: Sequence[R], total: int, *, fresh: bool) -> None:
        self.total = total
        for number in range(first, first + count):
            at = (number - first) * self._page_rows
            self._pages[number] = rows[at : at + self._page_rows]
            if fresh:
                self._stale.discard(number)
            else:
                self._stale.add(number)
        self._forget_far_pages()
        self._find_cursor()

    def _forget_far_pages(self) -> None:
        lowest = self._first // self._page_rows - KEPT_PAGES
        highest = (self._first + self._count) // self._page_rows + KEPT_PAGES
        end = (self.total or 0) / self._page_rows
        for number in [n for n in self._pages if not lowest <= n <= highest or (n >= end and n > 0)]:
            del self._pages[number]
            self._stale.discard(number)

    def _find_cursor(self) -> None:
        """The cursor goes where its row went; when that row is not here, it stays where it is."""
        if self._cursor_id is not None and self.id_at(self.cursor) != self._cursor_id:
            found = next((i for i, row in self.rows() if self._key(row) == self._cursor_id), None)
            if found is not None:
                self.cursor = found
        self.cursor = self._clamped(self.cursor)
        if self.row(self.cursor) is not None:
            self._cursor_id = self.id_at(self.cursor)

    def _clamped(self, index: int) -> int:
        return max(0, min(index, (self.total or 1) - 1))
