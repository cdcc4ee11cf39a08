"""A window on the history of events: pages by cursor, newest first, as history has an end that nobody counts."""

from collections.abc import Awaitable, Callable, Sequence

from mltui.console.state.window import PAGE_ROWS, Fetch, Window
from mltui.wire.base import Page
from mltui.wire.events import EventRow

FetchPage = Callable[[str | None, int], Awaitable[Page[EventRow]]]
"""(cursor, limit) → events, newest first; None for the newest there are."""


class EventWindow(Window[EventRow]):
    """Row 0 is the newest event there was when one began to read; what comes later is counted until `restart`.

    `total` is how many rows are known of, and while there is more, a page beyond them.
    """

    def __init__(self, fetch: FetchPage) -> None:
        super().__init__(self._read, lambda event: str(event.id))
        self.newer = 0
        """How many came above row 0; PAGE_ROWS when there may be more."""
        self._fetch_page = fetch
        self._begin()

    @property
    def is_whole(self) -> bool:
        """Whether `total` is that of all there are."""
        return self._end is not None

    def restart(self) -> None:
        """Read anew from the newest; what is shown stays until that is here."""
        self._begin()
        self.invalidate()

    def reset(self, fetch: Fetch[EventRow] | None = None) -> None:
        self._begin()
        super().reset(fetch)

    async def look(self) -> None:
        """Count what is newer."""
        begun = self._cursors
        page = await self._fetch_page(None, PAGE_ROWS)
        if begun is self._cursors and self._top:
            ids = [event.id for event in page.items]
            self.newer = ids.index(self._top[0].id) if self._top[0].id in ids else len(ids)
            self.on_change()

    def _begin(self) -> None:
        self.newer = 0
        self._top: Sequence[EventRow] = ()
        """The first page. Asked for again, it would begin with what came since, and its end would not meet the next."""
        self._cursors: list[str | None] = [None]
        """Where each page begins."""
        self._end: int | None = None

    async def _read(self, offset: int, limit: int) -> tuple[Sequence[EventRow], int]:
        cursors = self._cursors
        first = at = min(offset // PAGE_ROWS, len(cursors) - 1)
        rows: list[EventRow] = []
        while at * PAGE_ROWS < offset + limit and at < len(cursors):
            rows += await self._page(cursors, at)
            at += 1
        total = len(cursors) * PAGE_ROWS if self._end is None else self._end
        return rows[offset - first * PAGE_ROWS :], total

    async def _page(self, cursors: list[str | None], at: int) -> Sequence[EventRow]:
        if at == 0 and self._top:
            return self._top
        page = await self._fetch_page(cursors[at], PAGE_ROWS)
        if cursors is self._cursors:
            self._learn(page, at)
        return page.items

    def _learn(self, page: Page[EventRow], at: int) -> None:
        if at == 0:
            self._top = page.items
        if page.next is None:
            del self._cursors[at + 1 :]
            self._end = at * PAGE_ROWS + len(page.items)
        elif self._cursors[at + 1 : at + 2] != [page.next]:
            self._cursors[at + 1 :] = [page.next]
            self._end = None

    def _find_cursor(self) -> None:
        # At the top it stays at the top: the newest comes in under it.
        if self.cursor == 0:
            self._cursor_id = None
        super()._find_cursor()
