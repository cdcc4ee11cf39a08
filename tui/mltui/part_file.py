"""What has come of a file that is fetched: it lies beside where the file will be, and the next who fetches it goes on.

One at a time writes it, as two would make one file of both their bytes.
"""

import errno
import fcntl
import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedRandom
from pathlib import Path

MARK = ".mltui-"
"""Between the file's name and the id of the artifact that it is to be."""
MOST_NAME = 200
"""Bytes of the file's name; disks take 255 in all."""


class ContentError(Exception):
    """What came is not what the server said it would be."""


def part_of(file: Path, artifact: str) -> Path:
    """Where it lies until it is whole."""
    return file.with_name(f"{_begin(file)}{MARK}{artifact}.part")


@contextmanager
def part_file(file: Path, artifact: str) -> Iterator[BufferedRandom]:
    """Open to read and to append to. It becomes `file` when the block ends; broken off, it stays.

    A ContentError removes it. Raises BlockingIOError where somebody else is fetching the file, OSError.
    """
    part = part_of(file, artifact)
    with _named(file), _alone(part, file) as opened:
        try:
            yield opened
        except ContentError:
            part.unlink()
            raise
        opened.flush()
        part.replace(file)


def clear_parts(files: Iterable[Path], kept: Collection[Path]) -> None:
    """Remove what broke off of `files` and nobody goes on with: all but the parts `kept`."""
    begins = {(file.parent, _begin(file)) for file in files}
    for folder in {folder for folder, _ in begins}:
        for part in folder.glob(f"*{MARK}*.part"):
            if part not in kept and (folder, part.name.rpartition(MARK)[0]) in begins:
                with suppress(OSError), _alone(part, part):
                    part.unlink()


@contextmanager
def _named(file: Path) -> Iterator[None]:
    """A disk that is full does not say for which file."""
    try:
        yield
    except OSError as error:
        if error.filename is not None or error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(file)) from error


@contextmanager
def _alone(part: Path, file: Path) -> Iterator[BufferedRandom]:
    """Locked against everybody else for as long as the process lives, so that nobody is left out by one who died."""
    with part.open("a+b") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever had it may have come to the end just now: what is open is the whole file then.
            mine = os.path.samestat(os.fstat(opened.fileno()), part.stat())
        except (BlockingIOError, FileNotFoundError):
            mine = False
        if not mine:
            why = "another program is saving it just now; wait until it is there"
            raise BlockingIOError(errno.EAGAIN, why, str(file))
        yield opened


def _begin(file: Path) -> str:
    return os.fsencode(file.name)[:MOST_NAME].decode(errors="ignore")
