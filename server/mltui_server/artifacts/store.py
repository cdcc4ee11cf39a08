"""The artifact store's port: whole objects by path, on a disk or in a bucket. What an object means is not known here.

A path is relative: parts joined by `/`, as `logs/<run id>/<execution id>.zst`.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from mltui.wire.health import Component

MAX_PATH = 1_000
"""Characters. Buckets take 1,024 bytes."""
_PART = re.compile(r"[^\x00-\x1f\x7f/\\]+")


class StoreError(Exception):
    """The store did not do what it was asked: it is away, full, or refuses."""


class ObjectMissing(StoreError):
    def __init__(self, path: str) -> None:
        super().__init__(f"the artifact store has no object {path!r}")
        self.path = path


class BadPath(ValueError):
    """The path could mean something outside the store, or nothing."""


@dataclass(frozen=True)
class ObjectHead:
    size: int
    """Bytes."""
    modified: datetime


class ArtifactStore(Protocol):
    """Every method raises BadPath for a path that `check_path` refuses, and StoreError where the store fails."""

    async def put(self, path: str, body: AsyncIterator[bytes]) -> None:
        """Write the object, or replace it, atomically: readers see the old one or the new one, whole.

        When it returns, the object is durable. When `body` raises, nothing has changed.
        """

    async def get_range(self, path: str, start: int, length: int) -> bytes:
        """Exactly `length` bytes from byte `start` on. Raises ObjectMissing, or StoreError if it is too short."""

    async def put_file(self, path: str, file: Path) -> None:
        """As `put`, from a file of this machine, which may be gone afterwards."""

    def stream(self, path: str, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """The object in pieces, whole or from byte `start` up to, not including, byte `stop`. Raises ObjectMissing."""

    async def head(self, path: str) -> ObjectHead:
        """Raises ObjectMissing."""

    async def delete(self, path: str) -> None:
        """An object that is not there is no error."""

    async def health(self) -> Component: ...


def check_path(path: str) -> str:
    """The path as it is. Raises BadPath for `..`, a leading `/`, control characters: anything but plain parts."""
    parts = path.split("/")
    if len(path) > MAX_PATH:
        raise BadPath(f"a path of {len(path)} characters; at most {MAX_PATH} are allowed")
    if not all(_PART.fullmatch(part) and part not in (".", "..") for part in parts):
        raise BadPath(f"{path!r} is not a path in the artifact store; write plain names joined by '/'")
    return path
