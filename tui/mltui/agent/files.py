"""Files on their way to the server: copied into the spool at once, so that a program may go on and change them, and
sent a piece at a time, so that nothing else waits for a large one.
"""

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import msgspec
import uuid_utils

from mltui.agent.environment import spool_max
from mltui.agent.frames import Record
from mltui.agent.links import not_followed
from mltui.agent.server import JSON, Busy, Refused, Server
from mltui.agent.spool import Quota
from mltui.agent.text import json_body, storable
from mltui.regular import instead, open_regular, read_small
from mltui.small_files import together
from mltui.wire.artifact_names import checked_name
from mltui.wire.artifacts import (
    SMALL_BYTES,
    UPLOAD_OFFSET,
    ArtifactRow,
    ArtifactStatus,
    ArtifactType,
    CreateArtifact,
    SmallArtifact,
)

FOLDER = "files"
PIECE_BYTES = 8 << 20
_row = msgspec.json.Decoder(ArtifactRow).decode
BINARY = "application/octet-stream"


def files_below(
    path: Path, name: str = "", left_out: Callable[[str], None] = lambda _: None
) -> Iterator[tuple[Path, str]]:
    """A file, or all files of a folder in the order of their names, each with the name that it gets: `name`, or what
    the path ends with.

    `left_out` is told which links in the folder are not followed, and what is no regular file there.
    Raises OSError for a folder that cannot be read.
    """
    name = storable(name.strip("/") or path.resolve().name)
    if not path.is_dir():
        yield path, name
        return
    for file in _below(path):
        if why := not_followed(file, path):
            left_out(f"left out: {file} {why}")
        elif file.is_file():
            yield file, storable(str(PurePosixPath(name, *file.relative_to(path).parts)))
        elif other := instead(file):
            left_out(f"left out: {file} is {other}")


def _below(folder: Path) -> Iterator[Path]:
    """All that is no folder, as it is found: there may be very many."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _below(Path(entry))
        else:
            yield Path(entry)


def packed_name(folder: Path) -> str:
    """What all files of a folder are called as one."""
    return f"{folder.resolve().name}.tar"


def keep_file(
    group: Path,
    run_id: str,
    file: Path,
    name: str,
    type_: ArtifactType | None,
    left_out: Callable[[str], None] = lambda _: None,
) -> Record:
    """Copy a file, or a folder as one, into the spool of `group`; the record that has it sent as the run's artifact.

    Raises OSError for a file that cannot be read, and where the spool has no room for it, ValueError for a name that
    cannot be one, and for a folder without files.
    """
    _check_name(name)
    files = list(files_below(file, left_out=left_out))
    if not files:
        raise ValueError(f"{file}: there are no files in it")
    _check_room(group, sum(one.stat().st_size for one, _ in files), file)
    kept = group / FOLDER / str(uuid_utils.uuid7())
    kept.parent.mkdir(exist_ok=True)
    try:
        size, sha256 = _copied(file, files, kept)
        create = CreateArtifact(name=name, file_size=size, sha256=sha256, artifact_type=type_)
    except BaseException:
        kept.unlink(missing_ok=True)
        raise
    return Record("POST", f"/api/v1/runs/{run_id}/artifacts", JSON, json_body(create), file=kept.name)


def keep_files(
    group: Path, run_id: str, files: Iterable[tuple[Path, str]], type_: ArtifactType | None
) -> Iterator[Record]:
    """The records that have files, each under its name, sent as artifacts of the run: small ones lie in the record
    itself, many together, others are copied into the spool of `group`. Raises as `keep_file`.
    """
    for some in together(files, lambda file: file[0].stat().st_size):
        if len(some) == 1 and some[0][0].stat().st_size > SMALL_BYTES:
            yield keep_file(group, run_id, *some[0], type_)
        else:
            yield _small_record(group, run_id, some, type_)


def _small_record(group: Path, run_id: str, files: Sequence[tuple[Path, str]], type_: ArtifactType | None) -> Record:
    small = []
    for file, name in files:
        _check_name(name)
        content = read_small(file)
        sha256 = hashlib.sha256(content).hexdigest()
        small.append(SmallArtifact(name=name, sha256=sha256, content=content, artifact_type=type_))
    body = json_body(small)
    _check_room(group, len(body), files[0][0])
    return Record("POST", f"/api/v1/runs/{run_id}/artifacts/small", JSON, body)


def _check_name(name: str) -> None:
    try:
        checked_name(name)
    except ValueError as error:
        raise ValueError(f"{name!r} cannot be an artifact's name: {error}") from None


def _check_room(group: Path, size: int, file: Path) -> None:
    if not Quota(group.parent, spool_max()).has_room(size):
        raise OSError(errno.ENOSPC, "the spool has no room for it (MLTUI_SPOOL_MAX)", str(file))


def _copied(file: Path, files: Iterable[tuple[Path, str]], kept: Path) -> tuple[int, str]:
    """Bytes and SHA-256 of what is in the copy, whatever becomes of the file meanwhile."""
    with kept.open("wb") as copy:
        digested = _Digested(copy)
        if file.is_dir():
            from mltui.agent.packing import pack

            pack(files, digested)
        else:
            with open_regular(file) as source:
                shutil.copyfileobj(source, digested, 1 << 20)
        copy.flush()
        os.fsync(copy.fileno())
        return copy.tell(), digested.sha256.hexdigest()


class _Digested:
    """What is written to a file, with its SHA-256."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.sha256 = file, hashlib.sha256()

    def write(self, piece: bytes, /) -> int:
        self.sha256.update(piece)
        return self._file.write(piece)


class Sending:
    """The file of one record."""

    def __init__(self, group: Path, record: Record) -> None:
        self.record = record
        self._file = group / FOLDER / (record.file or "")
        self._row: ArtifactRow | None = None

    def step(self, server: Server) -> bool:
        """Send a piece; whether that was all. Raises Away, then begin anew with another Sending, or Refused."""
        if self._row is None:
            self._row = _row(server.send("POST", self.record.path, self.record.body, JSON))
        elif self._row.status == ArtifactStatus.UPLOADING:
            self._row = self._send_piece(server, self._row)
        if self._row.status == ArtifactStatus.UPLOADING:
            return False
        self._file.unlink(missing_ok=True)
        return True

    def _send_piece(self, server: Server, row: ArtifactRow) -> ArtifactRow:
        with self._file.open("rb") as file:
            file.seek(row.received)
            piece = file.read(PIECE_BYTES)
        path = f"/api/v1/artifacts/{row.id}/content"
        try:
            return _row(server.send("PATCH", path, piece, BINARY, {UPLOAD_OFFSET: str(row.received)}))
        except Refused as refused:
            if refused.status == 409:
                # Another program's, or one of ours whose answer was lost: it came all the same, or is on its way.
                raise Busy(str(refused)) from None
            raise
