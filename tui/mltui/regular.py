"""Files that can be sent: regular ones. A device may have no end, and a pipe nobody who writes to it."""

import errno
import stat
from io import BufferedReader
from pathlib import Path

from mltui.wire.artifacts import SMALL_BYTES

_OTHERS = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}


def instead(path: Path) -> str | None:
    """What it is instead of a regular file, or of a folder of them; None as well where nothing can be said of it."""
    try:
        kind = _OTHERS.get(stat.S_IFMT(path.stat().st_mode))
    except OSError:
        return None
    return kind and f"{kind}, no regular file"


def open_regular(path: Path) -> BufferedReader:
    """For reading. Raises OSError for what cannot be read, and for what is no regular file before it is opened."""
    if other := instead(path):
        raise OSError(errno.EINVAL, other, str(path))
    return path.open("rb")


def read_small(path: Path) -> bytes:
    """All that is in it, and never more than SMALL_BYTES + 1 of memory. Raises as `open_regular`, and for a file that
    has more, whatever size it says it has: those of /proc say 0.
    """
    with open_regular(path) as file:
        content = file.read(SMALL_BYTES + 1)
    if len(content) > SMALL_BYTES:
        raise OSError(errno.EFBIG, "it has more than it said, and may have no end: send a copy of it", str(path))
    return content
