"""Artifacts as files of this machine: where they may go, and how they get there."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from mltui.wire.artifacts import ArtifactName, ArtifactRow

if TYPE_CHECKING:
    from mltui.client import Client

PAGE = 500


class BadPlace(Exception):
    """A file cannot be where its name leads; the message says why."""


def inside(folder: Path, name: str) -> Path:
    """Where an artifact called `name` goes below `folder`. Raises BadPlace where that would be anywhere else."""
    try:
        msgspec.convert(name, ArtifactName)
    except msgspec.ValidationError:
        raise BadPlace(f"{name!r} is no name that a file here may have") from None
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise BadPlace(f"{path} leads out of {folder}, through a link in it")
    return path


async def artifacts_at(client: "Client", run: str, path: str) -> list[ArtifactRow]:
    """The run's artifact called `path`, and all in the folder of that name."""
    found = (await client.artifacts(run=run, name=path)).items
    cursor: str | None = None
    while True:
        page = await client.artifacts(run=run, under=path, limit=PAGE, cursor=cursor)
        found += page.items
        if (cursor := page.next) is None:
            return found


async def save(
    client: "Client", rows: Sequence[ArtifactRow], folder: Path, *, above: str = "", progress: Callable[[int], None]
) -> int:
    """Write the artifacts below `folder`, without the folder `above` of their names; how many were not there already.

    `progress` is told how many bytes of all of them are there. Broken off and called again, it goes on where it was.
    Raises BadPlace for a file that would be elsewhere or whose place another file has, ContentError, OSError.
    """
    done = written = 0
    for row in rows:
        file = inside(folder, str(PurePosixPath(row.name).relative_to(above)))
        if file.exists():
            if not await asyncio.to_thread(_has, file, row):
                raise BadPlace(f"{file} exists and is another file")
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            before = done
            await client.download(row, file, lambda got, before=before: progress(before + got))  # type: ignore[misc]
            written += 1
        done += row.file_size
        progress(done)
    return written


def _has(file: Path, row: ArtifactRow) -> bool:
    if not file.is_file() or file.stat().st_size != row.file_size:
        return False
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest() == row.sha256
