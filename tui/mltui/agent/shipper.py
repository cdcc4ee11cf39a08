"""The thread that ships a group while its owner lives. It never gives up; only its end is bounded."""

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

from mltui.agent.courier import Courier
from mltui.agent.server import Away, Busy, Full, Server
from mltui.agent.spool import Group

POLL_EVERY_S = 0.25
FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 5.0
SILENT_S = 1.5
"""Waiting longer than this at the end is explained."""


def back_off(failures: int) -> float:
    """Seconds before the next try: doubling, capped, with jitter so that a thousand agents do not return as one."""
    return min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(failures, 10)) * random.uniform(0.5, 1.0)


class Shipper:
    """Owns the shipping of one group."""

    def __init__(self, group: Group, url: str, complain: Callable[[str], None]) -> None:
        self.courier = Courier(group, Server(url), complain)
        self.away: Exception | None = None
        """Why the server cannot be reached at present."""
        self._wake = threading.Event()
        self._stopping = False
        self._emptied = threading.Condition()
        self._asked = 0
        self._answered = 0
        self._thread = threading.Thread(target=self._ship, name="mltui-shipper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def backlog_of(self, lane: Path, written: int) -> int:
        """Bytes of a lane that wait here, of `written` ever."""
        return written - self.courier.acked(lane)

    def drain(self, seconds: float, give_up: Callable[[], bool] = lambda: False) -> bool:
        """Wait until everything written so far is the server's; whether it is. `give_up` may end the wait early."""
        deadline = time.monotonic() + seconds
        with self._emptied:
            self._asked += 1
            asked = self._asked
            self._wake.set()
            while self._answered < asked:
                if time.monotonic() > deadline or give_up():
                    return False
                self._emptied.wait(0.1)
        return True

    def stop(self) -> bool:
        """End the thread; whether it has ended. What is not shipped stays in the spool."""
        self._stopping = True
        self._wake.set()
        # A request to a server that hangs ends by its own time-out; the process need not wait for it.
        self._thread.join(timeout=2.0)
        if self._thread.is_alive():
            return False
        self.courier.close()
        self.courier.server.close()
        return True

    def _ship(self) -> None:
        failures = 0
        while not self._stopping:
            self._wake.clear()
            asked = self._asked
            try:
                moved = self.courier.round()
            except (Away, OSError) as away:
                # OSError: the spool cannot be read just now, which is no reason for this thread to die.
                self.away = None if isinstance(away, Busy) else away
                after_s = away.after_s if isinstance(away, Full) else 0.0
                self._wake.wait(after_s + back_off(failures))
                failures += 1
                continue
            self.away = None
            failures = 0
            if not moved:
                # A round that began before the question has not seen what was written last.
                with self._emptied:
                    self._answered = asked
                    self._emptied.notify_all()
                self._wake.wait(POLL_EVERY_S)


def why_not(away: Exception) -> str:
    """In words, why nothing can be shipped now."""
    return f"the server {'takes no more just now' if isinstance(away, Full) else 'is away'} ({away})"


def close_after_drain(
    group: Group,
    shipper: Shipper,
    seconds: float,
    complain: Callable[[str], None],
    give_up: Callable[[], bool] = lambda: False,
) -> None:
    """The end of a group's owner: ship for so long, then leave the rest to `mltui sync`, and say so."""
    shipped = shipper.drain(min(seconds, SILENT_S), give_up)
    if not shipped and seconds > SILENT_S and not give_up():
        complain(f"shipping what is left to {group.url}, for at most {seconds:g} s")
        shipped = shipper.drain(seconds - SILENT_S, give_up)
    if shipper.stop():
        # Otherwise a request still hangs, and its thread may yet touch the group: the lock goes with the process.
        group.close()
    if not shipped:
        reason = why_not(shipper.away) if shipper.away else "not everything could be shipped yet"
        complain(f"{reason}; the rest is kept in {group.path}; `mltui sync` ships it")
