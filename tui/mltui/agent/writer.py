"""Takes samples from a program's hot loop and packs them into the spool from a thread of its own."""

import sys
import threading
from collections import deque
from collections.abc import Callable

import msgspec
import uuid_utils

from mltui.agent.frames import Record
from mltui.agent.server import MSGPACK
from mltui.agent.spool import Lane
from mltui.wire.samples import KeySamples, SampleBatch

FLUSH_EVERY_S = 0.25
FLUSH_AT = 1_000
"""Samples that wake the packing thread early."""
BATCH_SAMPLES = 10_000
"""In one batch at most, when a program logs faster than that thread wakes."""
FULL_AT = 200_000
"""Samples in memory at which `add` packs them itself: bounded memory comes before speed."""

Row = tuple[int, int, list[tuple[str, float]]]
_encode = msgspec.msgpack.Encoder().encode


class SampleWriter:
    """One writer of one run: its id and its seq, its buffer, its lane."""

    def __init__(self, lane: Lane | Callable[[str], Lane], run_id: str, writer: str) -> None:
        """A callable `lane` is asked for a lane when the first samples come."""
        self._open_lane = lane
        self._lane = lane if isinstance(lane, Lane) else None
        self._path = f"/api/v1/runs/{run_id}/samples"
        self._writer = writer
        self._seq = 0
        # Appending to a deque and taking from it are atomic: `add` needs no lock.
        self._rows: deque[Row] = deque()
        self._waiting = 0
        self._packing = threading.Lock()
        self._opening = threading.Lock()
        self._wake = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None

    @classmethod
    def later(cls, open_lane: Callable[[str], Lane], run_id: str) -> "SampleWriter":
        """For a forked child, which may never log: no file and no thread until it does."""
        return cls(open_lane, run_id, str(uuid_utils.uuid7()))

    @property
    def lane(self) -> Lane:
        if self._lane is None:
            with self._opening:
                if self._lane is None:
                    assert not isinstance(self._open_lane, Lane)
                    self._lane = self._open_lane(self._writer)
        return self._lane

    def add(self, time_ns: int, step: int, numbers: list[tuple[str, float]]) -> None:
        """Keep the numbers of one step in memory."""
        self._rows.append((time_ns, step, numbers))
        self._waiting += len(numbers)
        if self._thread is None:
            self._start()
        if self._waiting >= FLUSH_AT:
            self._wake.set()
            if self._waiting >= FULL_AT:
                self.flush()

    def flush(self) -> None:
        """Move everything added so far to the spool."""
        with self._packing:
            while self._rows:
                columns: dict[str, KeySamples] = {}
                count = 0
                while self._rows and (count == 0 or count + len(self._rows[0][2]) <= BATCH_SAMPLES):
                    row = self._rows.popleft()
                    count += len(row[2])
                    _put(columns, row)
                self._keep(list(columns.values()))
            self._waiting = 0

    def close(self) -> None:
        """Flush, and end the thread and the lane."""
        self._closed = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()
        if self._lane is not None:
            self._lane.close()

    def close_in_child(self) -> None:
        """A forked child drops what is the parent's: its buffer, its files. No lock is taken."""
        self._rows.clear()
        if self._lane is not None:
            self._lane.close_in_child()

    def _keep(self, series: list[KeySamples]) -> None:
        self._seq = self.lane.append_numbered(lambda seq: self._record(series, seq), self._seq)

    def _record(self, columns: list[KeySamples], seq: int) -> Record:
        def batch(series: list[KeySamples]) -> bytes:
            return _encode(SampleBatch(series=series, writer=self._writer, seq=seq))

        return Record("POST", self._path, MSGPACK, batch(columns), instead=batch([]))

    def _start(self) -> None:
        with self._opening:
            if self._thread is not None:
                return
            thread = threading.Thread(target=self._run, name="mltui-samples", daemon=True)
            thread.start()
            self._thread = thread
        if "multiprocessing.util" in sys.modules:
            # A child of multiprocessing ends by os._exit: atexit does not run, its own finalizers do.
            from multiprocessing.util import Finalize

            Finalize(None, self.flush, exitpriority=0)

    def _run(self) -> None:
        while not self._closed:
            self._wake.wait(FLUSH_EVERY_S)
            self._wake.clear()
            self.flush()


def _put(columns: dict[str, KeySamples], row: Row) -> None:
    time_ns, step, numbers = row
    for key, value in numbers:
        column = columns.get(key)
        if column is None:
            columns[key] = KeySamples(key=key, times=[time_ns], values=[value], steps=[step])
        else:
            column.times.append(time_ns)
            column.values.append(value)
            assert column.steps is not None
            column.steps.append(step)
