"""Many files as one: a model may be a folder, where a version is of one artifact."""

import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol


class Sink(Protocol):
    def write(self, piece: bytes, /) -> object: ...


def pack(files: Iterable[tuple[Path, str]], sink: Sink) -> None:
    """Write files by their names as a tar: of the same files the same one, whenever and by whomever it is made.

    What a link leads to is a file as others are. Raises OSError for what cannot be read.
    """
    # A stream that is written needs no more than `write`.
    with tarfile.open(fileobj=sink, mode="w|", dereference=True) as archive:  # type: ignore[call-overload]
        for file, name in files:
            with file.open("rb") as content:
                about = archive.gettarinfo(arcname=name, fileobj=content)
                about.mtime, about.mode = 0, 0o755 if about.mode & 0o100 else 0o644
                about.uid = about.gid = 0
                about.uname = about.gname = ""
                archive.addfile(about, content)
