"""A window on the history of events: pages by cursor, newest first, as history has an end that nobody counts."""

from collections.abc import Awaitable, Callable, Sequence

from mltui.console.state.window import PAGE_ROWS, Fetch, Window
from mltui.wire.base import Page
from mltui.wire.events import EventRow

FetchPage = Callable[[str | None, int], Awaitable[Page[EventRow]]]
"""(cursor, limit) → events, newest first; None for the newest there are."""


class Walk:
    """Back in time from the newest event that there was when it began."""

    def __init__(self) -> None:
        self.top: Sequence[EventRow] = ()
        """The first page. Asked for again, it would begin with what came since, and its end would not meet the next."""
        self.cursors: list[str | None] = [None]
        """Where each page begins that is known of."""
        self.end: int | None = None
        """How many events there are in all, once that is known."""

    @property
    def total(self) -> int:
        return len(self.cursors) * PAGE_ROWS if self.end is None else self.end

    def learn(self, page: Page[EventRow], at: int) -> None:
        if at == 0:
            self.top = page.items
        if page.next is None:
            del self.cursors[at + 1 :]
            self.end = at * PAGE_ROWS + len(page.items)
        elif self.cursors[at + 1 : at + 2] != [page.next]:
            self.cursors[at + 1 :] = [page.next]
            self.end = None


class EventWindow(Window[EventRow]):
    """Row 0 is the newest event there was when one began to read; what comes later is counted until `restart`.

    `total` is how many rows are known of, and while there is more, a page beyond them.
    """

    def __init__(self, fetch: FetchPage) -> None:
        super().__init__(self._read, lambda event: str(event.id))
        self.newer = 0
        """How many came above row 0; PAGE_ROWS when there may be more."""
        self._fetch_page = fetch
        self._walk = self._shown = Walk()
        """The one that is read, and the one whose events are shown until there is an answer of that."""

    @property
    def is_whole(self) -> bool:
        """Whether `total` is that of all there are."""
        return self._shown.end is not None

    def restart(self) -> None:
        """Read anew from the newest; what is shown stays until that is here."""
        self._begin()
        self.invalidate()

    def reset(self, fetch: Fetch[EventRow] | None = None) -> None:
        self._begin()
        super().reset(fetch)

    async def look(self) -> None:
        """Count what is newer."""
        begun = self._walk
        page = await self._fetch_page(None, PAGE_ROWS)
        if begun is self._walk and begun.top:
            ids = [event.id for event in page.items]
            self.newer = ids.index(begun.top[0].id) if begun.top[0].id in ids else len(ids)
            self.on_change()

    def _begin(self) -> None:
        self.newer = 0
        self._walk = Walk()

    async def _read(self, offset: int, limit: int) -> tuple[Sequence[EventRow], int]:
        # To its end, also where it is begun anew meanwhile: while much happens, nothing would be shown otherwise.
        walk = self._walk
        first = at = min(offset // PAGE_ROWS, len(walk.cursors) - 1)
        rows: list[EventRow] = []
        while at * PAGE_ROWS < offset + limit and at < len(walk.cursors):
            rows += await self._page(walk, at)
            at += 1
        self._shown = walk
        return rows[offset - first * PAGE_ROWS :], walk.total

    async def _page(self, walk: Walk, at: int) -> Sequence[EventRow]:
        if at == 0 and walk.top:
            return walk.top
        page = await self._fetch_page(walk.cursors[at], PAGE_ROWS)
        walk.learn(page, at)
        return page.items

    def _find_cursor(self) -> None:
        # At the top it stays at the top: the newest comes in under it.
        if self.cursor == 0:
            self._cursor_id = None
        super()._find_cursor()
