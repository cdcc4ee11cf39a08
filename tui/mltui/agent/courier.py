"""Carries a group's records to the server: each lane in order, what is acknowledged gone.

One record never holds up the others for ever. What the server refuses (4xx) is set aside at once, and what it fails
over (500) after some tries, if the server is well and takes an empty unit in its place; a server that fails over
everything is as good as away, and keeps nobody's records out of the spool.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

import msgspec

from mltui.agent.backlog import Backlog
from mltui.agent.files import Sending
from mltui.agent.frames import Record
from mltui.agent.server import Away, Faulty, Refused, Server
from mltui.agent.spool import LAST, Group

TURN = 64
"""Records of one lane before the next has its turn."""
MOST_TOLD = 20
"""Refusals: so many faults of one program are not all read, and a loop may make thousands."""
TRIES = 6
"""Of a record that the server fails over. With the waits between them some five seconds, less than a program in a
shell waits at its end."""


class Courier:
    """Ships one group, for one thread. It deletes what is shipped."""

    def __init__(self, group: Group, server: Server, complain: Callable[[str], None]) -> None:
        """`complain` is told of everything that is set aside, of what is alike once."""
        self.group = group
        self.server = server
        self.shipped = 0
        self.refused = 0
        self._complain = complain
        self._told: set[str] = set()
        self._failed: Record | None = None
        """What the server failed over last, and how often in a row."""
        self._failures = 0
        self._sendings: dict[str, Sending] = {}
        self._backlogs: dict[Path, Backlog] = {}

    def round(self) -> bool:
        """One turn for every lane; whether anything moved. Raises Away and forgets nothing.

        Faulty asks for another try soon: there are not many before the record is set aside, or the server is away.
        """
        moved = False
        for lane in self.group.lanes():
            if lane.name.startswith(LAST) and moved:
                # The end of a run is told when all that came before it is there.
                break
            moved = self._turn(self._backlog(lane)) or moved
        return moved

    def acked(self, lane: Path) -> int:
        """Bytes of a lane that the server has."""
        backlog = self._backlogs.get(lane)
        return backlog.acked if backlog else 0

    def left(self) -> int:
        """Records still to ship."""
        return sum(self._backlog(lane).count() for lane in self.group.lanes())

    def close(self) -> None:
        for backlog in self._backlogs.values():
            backlog.close()
        self._backlogs.clear()

    def _backlog(self, lane: Path) -> Backlog:
        if lane not in self._backlogs:
            self._backlogs[lane] = Backlog(lane)
        return self._backlogs[lane]

    def _turn(self, backlog: Backlog) -> bool:
        for done in range(TURN):
            record = backlog.peek()
            if record is None:
                if backlog.is_over():
                    self._bury(backlog)
                return done > 0
            if not self.deliver(record):
                # A large file: the other lanes go on between its pieces.
                return True
            backlog.ack()
        return True

    def _bury(self, backlog: Backlog) -> None:
        if backlog.dropped:
            self._complain(
                f"{backlog.dropped} bytes in {backlog.lane} were no whole records: "
                "their program was killed, or the power failed, while it wrote them"
            )
        del self._backlogs[backlog.lane]
        backlog.remove()

    def deliver(self, record: Record) -> bool:
        """Send one record, or set it aside with the reason. False: there is more of it to be sent.

        Raises Away, or Faulty as `round` does.
        """
        try:
            if record.file is not None and not self._send_file(record):
                return False
            if record.file is None:
                self._send(record, record.body)
            self.shipped += 1
        except Refused as refusal:
            self._set_aside(record, refusal.status, str(refusal))
        except Faulty as fault:
            self._count_failure(record)
            if self._failures < TRIES:
                raise
            if not self.server.is_well():
                raise Away(str(fault)) from fault
            self._set_aside(record, 500, f"{fault}; {self._failures} times, while it was well otherwise")
        return True

    def _send_file(self, record: Record) -> bool:
        """A piece of its file; whether that was all. After a failure it is announced again, and goes on from there."""
        name = record.file or ""
        sending = self._sendings.pop(name, None) or Sending(self.group.path, record)
        done = sending.step(self.server)
        if not done:
            self._sendings[name] = sending
        return done

    def _send(self, record: Record, body: bytes) -> None:
        self.server.send(record.method, record.path, body, record.content_type)

    def _count_failure(self, record: Record) -> None:
        self._failures = self._failures + 1 if record == self._failed else 1
        self._failed = record

    def _set_aside(self, record: Record, status: int, reason: str) -> None:
        """Keep the record with the reason, and let the server count it where it counts. Raises Away."""
        folder = self.group.path / "refused"
        try:
            kept = _keep_refused(folder, record, status, reason)
        except OSError as error:
            kept = []
            self._complain(f"what the server refused cannot be kept in {folder} ({error})")
        try:
            self._send_instead(record)
        except Faulty as fault:
            # Not even an empty unit: the fault is the server's own, and the record stays where it is.
            for path in kept:
                path.unlink()
            with contextlib.suppress(OSError):
                folder.rmdir()
            raise Away(str(fault)) from fault
        self.refused += 1
        self._tell(f"the server does not take {record.method} {record.path} ({status}): {reason}", folder)

    def _tell(self, refusal: str, folder: Path) -> None:
        if refusal in self._told or len(self._told) > MOST_TOLD:
            return
        self._told.add(refusal)
        said = refusal if len(self._told) <= MOST_TOLD else "the server takes still less, of which no more is said"
        self._complain(f"{said}; what it does not take is kept in {folder}")

    def _send_instead(self, record: Record) -> None:
        if record.instead is None:
            return
        try:
            self._send(record, record.instead)
        except Refused:
            # Its reason is the first refusal's, which is kept already.
            return


def _keep_refused(folder: Path, record: Record, status: int, reason: str) -> list[Path]:
    """The files. One record has one name, so that it is there once however often this is tried."""
    folder.mkdir(exist_ok=True)
    name = f"{crc32(record.path.encode(), crc32(record.body)):08x}"
    note = {
        "method": record.method,
        "path": record.path,
        "content_type": record.content_type,
        "status": status,
        "reason": reason,
    }
    body, json = folder / f"{name}.body", folder / f"{name}.json"
    body.write_bytes(record.body)
    json.write_bytes(msgspec.json.encode(note))
    return [body, json]
