"""Artifacts as files of this machine: where they may go, and how they get there."""

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeVar

from mltui.paging import read_rows
from mltui.part_file import clear_parts, part_of
from mltui.small_files import together
from mltui.wire.artifact_names import checked_name
from mltui.wire.artifacts import ArtifactRow

if TYPE_CHECKING:
    from mltui.client import Client

T = TypeVar("T")
AT_A_TIME = 8
"""Files. Most of what one takes is waiting for disks."""


class BadPlace(Exception):
    """A file cannot be where its name leads; the message says why."""


class Taken(BadPlace):
    """Another file is there."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"{file} exists and is another file")


Place = tuple[ArtifactRow, Path]
"""An artifact, and the file that it is to be."""


def inside(folder: Path, name: str) -> Path:
    """Where an artifact called `name` goes below `folder`. Raises BadPlace where that would be anywhere else."""
    try:
        checked_name(name)
    except ValueError as error:
        raise BadPlace(f"{name!r} is no name that a file here may have: {error}") from None
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise BadPlace(f"{path} leads out of {folder}, through a link in it")
    return path


async def artifacts_at(client: "Client", run: str, path: str) -> list[ArtifactRow]:
    """The run's artifact called `path`, and all in the folder of that name."""
    inside, _ = await read_rows(partial(client.artifacts, run=run, under=path))
    return [*(await client.artifacts(run=run, name=path)).items, *inside]


async def upload_all(
    client: "Client", run: str, files: Iterable[tuple[Path, str]], progress: Callable[[str, int, int], None]
) -> AsyncIterator[ArtifactRow]:
    """Make files artifacts of the run, each under its name: several at a time, answered in their order.

    `progress` is told a name, how many bytes of it are there, and how many it has. Raises as `Client.upload` does.
    """

    async def send(some: Sequence[tuple[Path, str]]) -> list[ArtifactRow]:
        if len(some) > 1:
            return await client.upload_small(run, some)
        [(file, name)] = some
        size = file.stat().st_size
        return [await client.upload(run, file, name, progress=lambda done: progress(name, done, size))]

    async for rows in _in_order(send(some) for some in together(files, _size)):
        for row in rows:
            yield row


async def save(
    client: "Client", rows: Sequence[ArtifactRow], folder: Path, *, above: str = "", progress: Callable[[int], None]
) -> int:
    """Write the artifacts below `folder`, without the folder `above` of their names; how many were not there already.

    `progress` is told how many bytes of all of them are there. Broken off and called again, it goes on where it was.
    Raises BadPlace for a file that would be elsewhere or whose place another file has, ContentError, OSError.
    """
    got: dict[str, int] = {}

    def tell(row: ArtifactRow, done: int) -> None:
        got[row.id] = done
        progress(sum(got.values()))

    places = [(row, inside(folder, str(PurePosixPath(row.name).relative_to(above)))) for row in rows]
    missing = await not_there(places, lambda place: tell(place[0], place[0].file_size))
    return len([row async for row, _ in fetch_all(client, missing, tell)])


async def not_there(places: Sequence[Place], there: Callable[[Place], None], *, overwrite: bool = False) -> list[Place]:
    """Those whose files are still to be written; `there` is told each of the others. What once broke off of any of
    them goes, but for what is gone on with.

    Raises BadPlace where a folder has the place of a file, and Taken where another file has it, unless that is to be
    overwritten.
    """
    missing = []
    for row, file in places:
        if file.is_dir():
            raise BadPlace(f"{file} is a folder, and the artifact is a file")
        if file.exists() and await asyncio.to_thread(_has, file, row):
            there((row, file))
        elif file.exists() and not overwrite:
            raise Taken(file)
        else:
            missing.append((row, file))
    clear_parts([file for _, file in places], {part_of(file, row.id) for row, file in missing})
    return missing


async def fetch_all(
    client: "Client", places: Iterable[Place], progress: Callable[[ArtifactRow, int], None]
) -> AsyncIterator[Place]:
    """Write artifacts to files, and make their folders: several at a time, answered in their order.

    `progress` is told how many bytes of one are there. Raises as `Client.download` does.
    """

    async def fetch(some: Sequence[Place]) -> Sequence[Place]:
        for _, file in some:
            _make_folder(file.parent)
        if len(some) > 1:
            await client.download_small(some)
        else:
            await client.download(*some[0], partial(progress, some[0][0]))
        for row, _ in some:
            progress(row, row.file_size)
        return some

    async for some in _in_order(fetch(some) for some in together(places, lambda place: place[0].file_size)):
        for place in some:
            yield place


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise BadPlace(f"{folder} cannot be a folder, as there is a file; name another folder") from None


async def _in_order(work: Iterable[Coroutine[Any, Any, T]]) -> AsyncIterator[T]:
    """What each of it answers, AT_A_TIME of it under way; where one fails, the others are stopped."""
    waiting, under_way = iter(work), deque[asyncio.Task[T]]()
    try:
        while True:
            for one in islice(waiting, AT_A_TIME - len(under_way)):
                under_way.append(asyncio.create_task(one))
            if not under_way:
                return
            yield await under_way.popleft()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


def _size(file: tuple[Path, str]) -> int:
    return file[0].stat().st_size


def _has(file: Path, row: ArtifactRow) -> bool:
    if not file.is_file() or file.stat().st_size != row.file_size:
        return False
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest() == row.sha256
