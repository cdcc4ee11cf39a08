"""`mltui sync`: ships what dead processes left behind."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from mltui.agent.courier import Courier
from mltui.agent.environment import spool_root
from mltui.agent.frames import read_frame
from mltui.agent.server import Away, Busy, Faulty, Full, Server
from mltui.agent.shipper import back_off, why_not
from mltui.agent.spool import Group
from mltui.wire.runs import FinishRun

WAITS = 6
"""For a server that has no room: so often in a row without getting anything through."""


@dataclass
class SyncReport:
    """Records, counted."""

    shipped: int = 0
    refused: int = 0
    """Kept with the server's reason in the folder `refused` of their spool."""
    left: int = 0
    """Still in the spool, because the server is away or has no room."""


def sync(*, url: str, say: Callable[[str], None]) -> SyncReport:
    """Ship everything that no live process will ship, once. What was made for another server is left alone."""
    report = SyncReport()
    server = Server(url)
    for path in _groups(spool_root()):
        try:
            group = Group.adopt(path)
        except (BlockingIOError, FileNotFoundError):
            continue
        try:
            if group.url not in ("", server.url):
                say(f"{path} is for {group.url}; ship it with: mltui sync --url {group.url}")
                continue
            _sync_group(group, server, report, say)
        finally:
            group.close()
    server.close()
    return report


def _sync_group(group: Group, server: Server, report: SyncReport, say: Callable[[str], None]) -> None:
    died = _last_written(group.path)
    courier = Courier(group, server, say)
    try:
        _persist(courier, lambda: _ship_all(group, courier, died))
    except Away as away:
        first = report.left == 0
        report.left += courier.left()
        if first:
            say(f"{why_not(away)}; what is left stays in {group.path.parent}")
    finally:
        courier.close()
    report.shipped += courier.shipped
    report.refused += courier.refused


def _persist(courier: Courier, ship: Callable[[], None]) -> None:
    """Again, for as long as the courier wants to know whether it is the record or the server, while somebody else
    sends the same file, and while the server now and then has room. Raises Away.
    """
    failures, waits, shipped = itertools.count(), 0, 0
    while True:
        try:
            ship()
            return
        except (Busy, Faulty):
            time.sleep(back_off(next(failures)))
        except Full as full:
            waits, shipped = waits + 1 if courier.shipped == shipped else 1, courier.shipped
            if waits > WAITS:
                raise
            time.sleep(full.after_s)


def _ship_all(group: Group, courier: Courier, died: datetime) -> None:
    while courier.round():
        pass
    _read_epitaph(group, courier, died)


def _read_epitaph(group: Group, courier: Courier, died: datetime) -> None:
    """A run whose program died without a word ends when it was last heard."""
    path = group.path / "epitaph"
    if group.lanes() or not path.exists():
        return
    with path.open("rb") as file:
        found = read_frame(file.fileno(), 0)
    if found is not None:
        record = found[0]
        finish = msgspec.json.decode(record.body, type=FinishRun)
        finish.completed_at = died
        courier.deliver(msgspec.structs.replace(record, body=msgspec.json.encode(finish)))
    group.set_epitaph(None)


def _groups(root: Path) -> list[Path]:
    if not root.is_dir():
        return []
    return sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))


def _last_written(group: Path) -> datetime:
    """Nobody else deletes here: the group is adopted."""
    times = [entry.stat().st_mtime for entry in group.rglob("*.seg")] or [group.stat().st_mtime]
    return datetime.fromtimestamp(max(times), UTC)
