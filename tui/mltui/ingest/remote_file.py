"""What a file that is elsewhere can do: web.py and bucket.py have such, remote.py brings them here."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

CONNECT_S, SILENT_S = 10.0, 60.0

Opened = tuple[int, int | None, AsyncIterator[bytes]]
"""At which byte it begins, how many the whole file has if that is known, and the bytes."""


class Broken(Exception):
    """The connection broke; another may go on."""


class RemoteFile(Protocol):
    @property
    def name(self) -> str:
        """Its address."""

    @property
    def size(self) -> int | None:
        """Bytes, where that is known before it is opened."""

    def opened(self, have: int) -> AbstractAsyncContextManager[Opened]:
        """What follows the first `have` bytes, or all of it where that cannot be had. Raises Broken, SourceFault."""
