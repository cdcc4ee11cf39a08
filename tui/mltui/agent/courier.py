"""Carries a group's records to the server: each lane in order, what is refused set aside, what is acknowledged gone."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from mltui.agent.backlog import Backlog
from mltui.agent.frames import Record
from mltui.agent.server import Refused, Server
from mltui.agent.spool import LAST, Group

TURN = 64
"""Records of one lane before the next has its turn."""


class Courier:
    """Ships one group, for one thread. It deletes what is shipped."""

    def __init__(self, group: Group, server: Server, complain: Callable[[str], None]) -> None:
        """`complain` is told once when the server refuses something."""
        self.group = group
        self.server = server
        self.shipped = 0
        self.refused = 0
        self._complain = complain
        self._backlogs: dict[Path, Backlog] = {}

    def round(self) -> bool:
        """One turn for every lane; whether anything moved. Raises Away and forgets nothing."""
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
            self.deliver(record)
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

    def deliver(self, record: Record) -> None:
        """Send one record, or set it aside with the reason. Raises Away."""
        try:
            self._send(record, record.body)
            self.shipped += 1
        except Refused as refusal:
            self._set_aside(record, refusal)
            if record.instead is not None:
                self._send_instead(record, record.instead)

    def _send(self, record: Record, body: bytes) -> None:
        self.server.send(record.method, record.path, body, record.content_type)

    def _send_instead(self, record: Record, body: bytes) -> None:
        try:
            self._send(record, body)
        except Refused:
            # Its reason is the first refusal's, which is kept already.
            return

    def _set_aside(self, record: Record, refusal: Refused) -> None:
        self.refused += 1
        folder = self.group.path / "refused"
        try:
            _keep_refused(folder, record, refusal)
        except OSError as error:
            self._complain(f"what the server refused cannot be kept in {folder} ({error})")
        if self.refused == 1:
            self._complain(
                f"the server refused {record.method} {record.path} ({refusal.status}): {refusal}; "
                f"what it refuses is kept in {folder}"
            )


def _keep_refused(folder: Path, record: Record, refusal: Refused) -> None:
    folder.mkdir(exist_ok=True)
    name = f"{len(list(folder.glob('*.json'))) + 1:06}"
    reason = {
        "method": record.method,
        "path": record.path,
        "content_type": record.content_type,
        "status": refusal.status,
        "reason": str(refusal),
    }
    (folder / f"{name}.body").write_bytes(record.body)
    (folder / f"{name}.json").write_bytes(msgspec.json.encode(reason))
