"""Files on their way in: a piece at a time, on this machine's disk until they are whole. They outlive the server."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from mltui_server.lib.errors import Conflict, Invalid, Unavailable

FOLDER = "uploads"
WRITE_BYTES = 1 << 20
IDLE_S = 60.0
"""After which a piece of which nothing more comes is over: its client may be gone without a word, and others wait."""


@dataclass
class _Hash:
    """Of the first bytes of a file."""

    length: int = 0
    state: Any = field(default_factory=hashlib.sha256)


class Uploads:
    """By artifact id."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._hashes: dict[UUID, _Hash] = {}
        self._busy: set[UUID] = set()

    def file(self, id_: UUID) -> Path:
        return self._folder / str(id_)

    def received(self, id_: UUID) -> int:
        """Bytes."""
        try:
            return self.file(id_).stat().st_size
        except FileNotFoundError:
            return 0

    @contextmanager
    def alone(self, id_: UUID) -> Iterator[None]:
        """Of one upload one piece comes at a time, the last one until all is where it belongs. Raises Conflict."""
        if id_ in self._busy:
            raise Conflict("another piece of this upload is on its way; wait for it, or break it off")
        self._busy.add(id_)
        try:
            yield
        finally:
            self._busy.discard(id_)

    async def add(self, id_: UUID, offset: int, body: AsyncIterator[bytes], most: int | None = None) -> int:
        """Add what comes after the first `offset` bytes; how many there are then. What came before a break stays.

        Raises Conflict where it does not begin where the upload is, Invalid for more than `most` bytes in all,
        Unavailable where the disk takes no more, and where nothing more comes.
        """
        received = self.received(id_)
        if offset != received:
            raise Conflict(f"this piece begins at byte {offset:,}; {received:,} have come, go on from there")
        with self.file(id_).open("ab") as file:
            writing: asyncio.Future[None] = asyncio.ensure_future(asyncio.sleep(0))
            try:
                async for piece in _larger(_alive(body)):
                    received += len(piece)
                    if most is not None and received > most:
                        raise Invalid(f"more than the {most:,} bytes that were announced")
                    # While one is written, the next one comes.
                    await writing
                    writing = asyncio.ensure_future(_on_disk(self._write, id_, file, piece))
            finally:
                await writing
            if most is not None and received < most:
                # Whole, the store makes it durable.
                await _on_disk(os.fsync, file.fileno())
        return received

    def _write(self, id_: UUID, file: Any, piece: bytes) -> None:
        before = file.tell()
        file.write(piece)
        file.flush()
        known = self._hashes.setdefault(id_, _Hash())
        if known.length == before:
            known.state.update(piece)
            known.length += len(piece)

    async def digest(self, id_: UUID) -> str:
        """SHA-256 of what has come."""
        known = self._hashes.get(id_)
        if known is None or known.length != self.received(id_):
            return await asyncio.to_thread(_digest, self.file(id_))
        return str(known.state.hexdigest())

    def drop(self, id_: UUID) -> None:
        self._hashes.pop(id_, None)
        self.file(id_).unlink(missing_ok=True)

    def drop_unless_busy(self, ids: Iterable[UUID]) -> None:
        """Slow for many: for a thread."""
        for id_ in ids:
            if id_ not in self._busy:
                self.drop(id_)

    def staged(self) -> dict[UUID, os.stat_result]:
        """Everything that has come and is not whole, with its file's size and time. For a thread."""
        found = {}
        with os.scandir(self._folder) as files:
            for file in files:
                # Whole by now, or dropped.
                with suppress(FileNotFoundError):
                    found[UUID(file.name)] = file.stat()
        return found


async def _on_disk(do: Callable[..., None], *arguments: Any) -> None:
    try:
        await asyncio.to_thread(do, *arguments)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise Unavailable(f"the server cannot keep the upload: {why}; it goes on from where it is", 30) from error


async def _alive(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    while True:
        try:
            async with asyncio.timeout(IDLE_S):
                piece = await anext(body)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Unavailable(f"nothing more came for {IDLE_S:g} s; what came is kept, go on from there") from None
        yield piece


async def _larger(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Pieces worth a write."""
    gathered, size = list[bytes](), 0
    async for piece in body:
        gathered.append(piece)
        size += len(piece)
        if size >= WRITE_BYTES:
            yield b"".join(gathered)
            gathered, size = [], 0
    if gathered:
        yield b"".join(gathered)


def _digest(file: Path) -> str:
    if not file.exists():
        return hashlib.sha256().hexdigest()
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
