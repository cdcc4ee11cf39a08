"""Writing to the spool: records on disk that outlive the process, until the server has them.

    <root>/<group>/lock             held by the process that ships this group
                  /url              the server it is for
                  /epitaph          what to tell the server should the owner die without a word
                  /<lane>/lock      held by the one process that writes this lane
                  /<lane>/ack       how far it has been shipped
                  /<lane>/00000001.seg …
                  /refused/         what the server did not want, and why

A lane is written by one process only and never reopened, so a torn frame can only be its last.
Every record is in the kernel when `append` returns: it survives a kill -9 of the process. A power cut
may take the last second, because fsync runs at most once a second.

MLTUI_SPOOL_MAX bounds what has a seq: samples and pieces of logs. What says that a run exists, what it was given
and how it ended is small, and kept as long as the disk takes it: without it the rest would be nobody's.

Lanes ship in the order of their names: `FIRST` says that a run exists, `LAST` that it is over.
"""

import errno
import fcntl
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import uuid_utils

from mltui.agent.environment import spool_max, spool_root
from mltui.agent.frames import MAGIC, MAX_FRAME, Record, pack

FIRST, MIDDLE, LAST = "0-", "1-", "2-"
SEGMENT_BYTES = 16 * 1024 * 1024
FSYNC_EVERY_S = 1.0
RECOUNT_EVERY_S = 1.0


class Lock:
    """An advisory lock that the kernel drops when its process dies."""

    def __init__(self, path: Path) -> None:
        """Raises BlockingIOError when a live process has it, FileNotFoundError when the folder is gone."""
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self.fd)
            raise
        if os.fstat(self.fd).st_nlink == 0:
            # Its holder removed the folder, and only then let go.
            os.close(self.fd)
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))

    def close(self) -> None:
        """Let go; in a forked child this leaves the parent's hold as it is."""
        os.close(self.fd)


def is_held(path: Path) -> bool:
    """Whether a live process holds the lock at `path`."""
    try:
        Lock(path).close()
    except BlockingIOError:
        return True
    except FileNotFoundError:
        pass
    return False


class Group:
    """The spool of one run or execution, owned by the process that ships it."""

    def __init__(self, path: Path, lock: Lock) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def create(cls, root: Path, name: str, url: str) -> "Group":
        """Make it, locked before anyone can see it."""
        path = root / name
        hidden = root / f".{name}"
        hidden.mkdir(parents=True, mode=0o700)
        lock = Lock(hidden / "lock")
        (hidden / "url").write_text(url)
        hidden.rename(path)
        return cls(path, lock)

    @classmethod
    def adopt(cls, path: Path) -> "Group":
        """Take over what a dead process left. Raises BlockingIOError while its owner lives."""
        return cls(path, Lock(path / "lock"))

    @property
    def url(self) -> str:
        try:
            return (self.path / "url").read_text()
        except FileNotFoundError:
            return ""

    def lanes(self) -> list[Path]:
        return sorted(lane for lane in self.path.iterdir() if lane.name[:2] in (FIRST, MIDDLE, LAST))

    def set_epitaph(self, record: Record | None) -> None:
        """What `mltui sync` tells the server if this process dies without an end of its own; None takes it back."""
        path = self.path / "epitaph"
        if record is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(pack(record))

    def close(self) -> None:
        """Let go, and leave nothing behind where nothing is left to ship or to look at."""
        if not self.lanes() and not (self.path / "refused").exists() and not (self.path / "epitaph").exists():
            shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()

    def close_in_child(self) -> None:
        self._lock.close()


class Lane:
    """An append-only queue of records on disk. Safe to append to from several threads."""

    def __init__(self, group: Path, name: str, complain: Callable[[str], None]) -> None:
        """Raises FileNotFoundError when the group is gone. `complain` is told once when records are lost."""
        hidden = group / f".{name}"
        hidden.mkdir(mode=0o700)
        self._lock = Lock(hidden / "lock")
        self.path = group / name
        hidden.rename(self.path)
        self._complain = complain
        self._mutex = threading.Lock()
        self._quota = Quota(group.parent, spool_max())
        self._segment_bytes = min(SEGMENT_BYTES, max(4096, self._quota.limit // 16))
        self._number = 0
        self._fd = -1
        self._size = 0
        self._synced = time.monotonic()
        self.written = 0
        """Bytes of frames, ever."""
        self.lost = 0
        """Records that found no room."""

    def append(self, record: Record) -> bool:
        """Keep a record, however full the spool is. False, counted and said once, when the disk does not take it."""
        return self._keep(pack(record), bounded=False)

    def append_numbered(self, make: Callable[[int], Record], after: int) -> int:
        """Keep the record that `make` gives for seq `after + 1`, if the quota has room for it.

        The seq reached, so that a lost one leaves no gap.
        """
        return after + 1 if self._keep(pack(make(after + 1)), bounded=True) else after

    def close(self) -> None:
        with self._mutex:
            if self._fd >= 0:
                self._sync()
                os.close(self._fd)
                self._fd = -1
        self._lock.close()

    def close_in_child(self) -> None:
        """A forked child lets go of its parent's files, without the mutex that another thread may have held."""
        if self._fd >= 0:
            os.close(self._fd)
        self._lock.close()

    def _keep(self, frame: bytes, *, bounded: bool) -> bool:
        with self._mutex:
            return self._append(frame, bounded)

    def _append(self, frame: bytes, bounded: bool) -> bool:
        if len(frame) > MAX_FRAME:
            return self._lose(f"a record of {len(frame)} bytes is too large")
        begins_segment = self._fd < 0 or self._size + len(frame) > self._segment_bytes
        if begins_segment:
            self._quota.recount()
        if bounded and not self._quota.has_room(len(frame)):
            return self._lose("the spool is full (MLTUI_SPOOL_MAX)")
        try:
            if begins_segment:
                self._open_next()
            self._write(frame)
        except OSError as error:
            return self._lose(f"the spool cannot be written ({error})")
        self._size += len(frame)
        self.written += len(frame)
        if time.monotonic() - self._synced > FSYNC_EVERY_S:
            self._sync()
        return True

    def _sync(self) -> None:
        self._synced = time.monotonic()
        try:
            os.fsync(self._fd)
        except OSError as error:
            # The kernel has the records still; they may not outlive a power cut.
            self._complain(f"the spool is not safely on its disk ({error})")

    def _write(self, frame: bytes) -> None:
        view = memoryview(frame)
        try:
            while view:
                view = view[os.write(self._fd, view) :]
        except OSError:
            # Half a frame in the middle of a segment would hide all that follows.
            os.ftruncate(self._fd, self._size)
            raise

    def _open_next(self) -> None:
        if self._fd >= 0:
            self._sync()
            os.close(self._fd)
            self._fd = -1
        path = self.path / f"{self._number + 1:08}.seg"
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._number += 1
        self._size = 0
        self._write(MAGIC)
        self._size = len(MAGIC)

    def _lose(self, why: str) -> bool:
        self.lost += 1
        if self.lost == 1:
            self._complain(f"{why}: what this program logs is being lost; the program itself goes on")
        return False


def open_group(url: str, complain: Callable[[str], None]) -> Group:
    """A new group under the spool's root, or under a temporary folder when that cannot be written."""
    root, name = spool_root(), str(uuid_utils.uuid7())
    try:
        return Group.create(root, name, url)
    except OSError as error:
        refuge = Path(tempfile.mkdtemp(prefix="mltui-spool-"))
        complain(f"the spool {root} cannot be written ({error.strerror}); using {refuge} (MLTUI_SPOOL)")
        return Group.create(refuge, name, url)


def append_last(group: Path, record: Record, complain: Callable[[str], None]) -> bool:
    """Keep how a run ended in a lane of its own, which ships after all others; whether it could be kept."""
    try:
        lane = Lane(group, f"{LAST}finish", complain)
    except OSError as error:
        complain(f"how the run ended cannot be kept ({error})")
        return False
    kept = lane.append(record)
    lane.close()
    return kept


class Quota:
    """How much all spools under one root may take, counted afresh now and then rather than on every record."""

    def __init__(self, root: Path, limit: int) -> None:
        self.root = root
        self.limit = limit
        self.recount()

    def recount(self) -> None:
        self._used = _bytes_under(self.root)
        self._counted = time.monotonic()

    def has_room(self, size: int) -> bool:
        if self._used + size > self.limit and time.monotonic() - self._counted > RECOUNT_EVERY_S:
            self.recount()
        if self._used + size > self.limit:
            return False
        self._used += size
        return True


def _bytes_under(root: Path) -> int:
    total = 0
    # Not rglob: it raises when a folder is shipped and deleted under its feet; walk does not.
    for folder, _, names in os.walk(root):
        for name in names:
            try:
                total += Path(folder, name).stat().st_size
            except FileNotFoundError:
                continue
    return total
