"""Folders of artifacts as lines of a tree. Only what was opened is fetched, a page at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from mltui.wire.artifact_previews import ArtifactEntry
from mltui.wire.base import Page

PAGE = 500
"""Entries that are asked for at a time."""
Fetch = Callable[[str, str | None, int], Awaitable[Page[ArtifactEntry]]]
"""A folder's entries after a cursor, at most so many."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One line of the tree."""

    path: str
    """The whole name, without a `/` at the end."""
    depth: int
    entry: ArtifactEntry | None
    """None: more of the folder `path` is to be fetched."""
    opened: bool = False
    left: int = 0
    """Entries that are still to be fetched."""


@dataclass(slots=True)
class _Folder:
    entries: list[ArtifactEntry] = field(default_factory=list)
    next: str | None = None
    total: int = 0


class FolderTree:
    """`lines` is what is seen of it now."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._one = asyncio.Lock()
        """Of those who fetch at a time: a page that is fetched again must not take the place of two."""
        self._folders: dict[str, _Folder] = {}
        """Those that are open, by path."""
        self.lines: list[Branch] = []

    @property
    def is_known(self) -> bool:
        """Whether the server has said what there is."""
        return "" in self._folders

    async def open(self, path: str) -> None:
        async with self._one:
            page = await self._fetch(path, None, PAGE)
            self._folders[path] = _Folder(page.items, page.next, page.total or 0)
            self._lay_out()

    def close(self, path: str) -> None:
        """With all that is open in it."""
        for open_path in [one for one in self._folders if one == path or one.startswith(f"{path}/")]:
            del self._folders[open_path]
        self._lay_out()

    async def more(self, path: str) -> None:
        """The next page of an open folder."""
        async with self._one:
            await self._add_page(path, self._folders[path])
            self._lay_out()

    async def refetch(self) -> None:
        """Every open folder, as far as it was seen. One that is gone is closed."""
        async with self._one:
            for path in sorted(self._folders) or [""]:
                await self._refetch(path)
            self._lay_out()

    async def _refetch(self, path: str) -> None:
        known, fresh = self._folders.get(path, _Folder()), _Folder()
        await self._add_page(path, fresh)
        while fresh.next is not None and len(fresh.entries) < len(known.entries):
            await self._add_page(path, fresh)
        if path and not (fresh.entries and path in self._folders):
            # It is gone, or somebody closed it meanwhile.
            self._folders.pop(path, None)
        else:
            self._folders[path] = fresh

    async def _add_page(self, path: str, folder: _Folder) -> None:
        page = await self._fetch(path, folder.next, PAGE)
        folder.entries += page.items
        folder.next, folder.total = page.next, page.total or 0

    def _lay_out(self) -> None:
        self.lines = list(self._below("", 0))

    def _below(self, path: str, depth: int) -> Iterator[Branch]:
        folder = self._folders.get(path)
        if folder is None:
            return
        for entry in folder.entries:
            whole = f"{path}/{entry.name}" if path else entry.name
            is_open = entry.id is None and whole in self._folders
            yield Branch(whole, depth, entry, is_open)
            if is_open:
                yield from self._below(whole, depth + 1)
        if folder.next is not None:
            yield Branch(path, depth, None, left=folder.total - len(folder.entries))
