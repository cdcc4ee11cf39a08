"""The artifact store in a folder of this machine."""

import asyncio
import errno
import os
import shutil
import time
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

from obstore.store import LocalStore

from mltui.wire.health import Component
from mltui_server.artifacts.object_store import ObstoreObjects
from mltui_server.artifacts.store import BadPath, ObjectHead, StoreError, check_path

FOLDER = "artifacts"
LOW_BYTES = 1 << 30
"""With less left on the disk, health says so."""


class LocalArtifacts(ObstoreObjects):
    """Objects are files below `root`, which is made if need be. Symbolic links that lead out of it are refused."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._root = root.resolve()
        super().__init__(LocalStore(self._root))

    async def put(self, path: str, body: AsyncIterator[bytes]) -> None:
        file = self._inside(path)
        await super().put(path, body)
        # obstore renames into place but leaves the bytes to the page cache, and the caller deletes its copy next.
        try:
            await asyncio.to_thread(_sync, file, *_folders(file, self._root))
        except OSError as error:
            raise StoreError(f"artifact store: {file}: {os.strerror(error.errno or 0)}") from error

    async def put_file(self, path: str, file: Path) -> None:
        place = self._inside(path)
        try:
            await asyncio.to_thread(_keep, file, place, self._root)
        except OSError as error:
            raise StoreError(f"artifact store: {place}: {os.strerror(error.errno or 0)}") from error

    async def get_range(self, path: str, start: int, length: int) -> bytes:
        self._inside(path)
        return await super().get_range(path, start, length)

    async def stream(self, path: str, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        self._inside(path)
        async for piece in super().stream(path, start, stop):
            yield piece

    async def head(self, path: str) -> ObjectHead:
        self._inside(path)
        return await super().head(path)

    async def delete(self, path: str) -> None:
        file = self._inside(path)
        await super().delete(path)
        _drop_empty(file.parent, self._root)

    async def health(self) -> Component:
        began = time.perf_counter()
        try:
            free = (await asyncio.to_thread(shutil.disk_usage, self._root)).free
        except OSError as error:
            return Component(name="artifacts", status="down", detail=f"{self._root}: {os.strerror(error.errno or 0)}")
        latency = round((time.perf_counter() - began) * 1000, 2)
        if not os.access(self._root, os.W_OK | os.X_OK):
            return Component(name="artifacts", status="down", detail=f"{self._root} cannot be written to")
        detail = f"{free / 2**30:.1f} GiB free in {self._root}"
        return Component(
            name="artifacts", status="degraded" if free < LOW_BYTES else "ok", latency_ms=latency, detail=detail
        )

    def _inside(self, path: str) -> Path:
        file = self._root / check_path(path)
        if not file.resolve().is_relative_to(self._root):
            raise BadPath(f"{path!r} leads out of the artifact store")
        return file


def _keep(file: Path, place: Path, root: Path) -> None:
    """Move it there, durably. A folder is written to disk where there is something new in it."""
    folders = _folders(place, root)
    changed = [folders[0], *(above for folder, above in pairwise(folders) if not folder.exists())]
    place.parent.mkdir(parents=True, exist_ok=True)
    _move(file, place)
    _sync(place, *changed)


def _move(file: Path, place: Path) -> None:
    """A rename where both are on one disk; otherwise a copy under another name first, so that it is there whole."""
    try:
        file.replace(place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        half = place.with_name(f"{place.name}.part")
        shutil.move(file, half)
        half.replace(place)


def _folders(file: Path, root: Path) -> list[Path]:
    """Those that lead to it, the innermost first, `root` last."""
    return [folder for folder in file.parents if folder.is_relative_to(root)]


def _sync(*paths: Path) -> None:
    """Make files, and what is in folders, durable."""
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _drop_empty(folder: Path, root: Path) -> None:
    """Folders are only parts of names: one that holds nothing is gone, as it would be in a bucket."""
    while folder != root:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
