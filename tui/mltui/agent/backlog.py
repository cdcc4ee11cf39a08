"""Reading a lane of the spool: what is still to be shipped, and how far shipping has come.

Works on a lane that is being written, here or in another process, as on one that a dead process left.
"""

import os
import shutil
import struct
import zlib
from pathlib import Path

from mltui.agent.frames import MAGIC, Record, read_frame
from mltui.agent.spool import is_held

_ACK = struct.Struct("<QQI")


class Backlog:
    """The records of one lane that are not yet acknowledged, oldest first."""

    def __init__(self, lane: Path) -> None:
        self.lane = lane
        self.acked = 0
        """Bytes of frames acknowledged through this object."""
        self.dropped = 0
        """Bytes that were no whole record: a torn tail, or damage."""
        self._segment, self._offset = self._read_ack()
        self._ack_fd = os.open(lane / "ack", os.O_RDWR | os.O_CREAT, 0o600)
        self._fd = -1
        self._next: int | None = None

    def peek(self) -> Record | None:
        """The oldest record, or None when there is nothing (yet)."""
        while True:
            found = self._read()
            if found is None:
                writing = is_held(self.lane / "lock")
                later = self._later_segment()
                # Again: the frame may have been completed, and the next segment begun, before those two looks.
                found = self._read()
            if found is not None:
                record, self._next = found
                return record
            if writing and later is None:
                return None
            self.dropped += self._unread()
            if later is None:
                self._skip_tail()
                return None
            self._leave_segment(later)

    def ack(self) -> None:
        """The record of the last `peek` is the server's; never show it again."""
        assert self._next is not None
        self.acked += self._next - self._offset
        self._offset = self._next
        self._next = None
        self._write_ack()

    def is_over(self) -> bool:
        """Nothing to ship, and nobody left to write more."""
        return not is_held(self.lane / "lock") and self.peek() is None

    def count(self) -> int:
        """Records still to ship."""
        total = 0
        for number in self._segments():
            if number < self._segment:
                continue
            at = max(self._offset, len(MAGIC)) if number == self._segment else len(MAGIC)
            with (self.lane / f"{number:08}.seg").open("rb") as file:
                while (found := read_frame(file.fileno(), at)) is not None:
                    total += 1
                    at = found[1]
        return total

    def close(self) -> None:
        for fd in (self._fd, self._ack_fd):
            if fd >= 0:
                os.close(fd)
        self._fd = self._ack_fd = -1

    def remove(self) -> None:
        """Delete the lane, once it is over."""
        self.close()
        shutil.rmtree(self.lane, ignore_errors=True)

    def _read(self) -> tuple[Record, int] | None:
        if self._fd < 0 and not self._open():
            return None
        self._offset = max(self._offset, len(MAGIC))
        return read_frame(self._fd, self._offset)

    def _open(self) -> bool:
        segments = [number for number in self._segments() if number >= self._segment]
        if not segments:
            return False
        if segments[0] != self._segment:
            self._segment, self._offset = segments[0], 0
        self._fd = os.open(self.lane / f"{self._segment:08}.seg", os.O_RDONLY)
        return True

    def _unread(self) -> int:
        if self._fd < 0:
            return 0
        return max(0, os.fstat(self._fd).st_size - max(self._offset, len(MAGIC)))

    def _skip_tail(self) -> None:
        if self._fd >= 0 and self._unread():
            self._offset = os.fstat(self._fd).st_size
            self._write_ack()

    def _leave_segment(self, later: int) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        left, self._segment, self._offset = self._segment, later, 0
        self._write_ack()
        (self.lane / f"{left:08}.seg").unlink(missing_ok=True)

    def _later_segment(self) -> int | None:
        return next((number for number in self._segments() if number > self._segment), None)

    def _segments(self) -> list[int]:
        return sorted(int(path.stem) for path in self.lane.glob("*.seg"))

    def _read_ack(self) -> tuple[int, int]:
        """Where shipping stands. Unreadable means from the start: the server knows what it has."""
        try:
            segment, offset, checksum = _ACK.unpack((self.lane / "ack").read_bytes())
        except (FileNotFoundError, struct.error):
            return 1, 0
        return (segment, offset) if checksum == zlib.crc32(_ACK.pack(segment, offset, 0)) else (1, 0)

    def _write_ack(self) -> None:
        checksum = zlib.crc32(_ACK.pack(self._segment, self._offset, 0))
        os.pwrite(self._ack_fd, _ACK.pack(self._segment, self._offset, checksum), 0)
