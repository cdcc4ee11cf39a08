"""Samples the resources of a process tree, its host and its GPUs, and puts them into the spool.

Keys are `sys/<scope>/<process|host|gpuN>/<field>`. CPU is percent of one core, memory bytes, rates bytes
per second.
"""

import threading
import time

import msgspec
import psutil

from mltui.agent.frames import Record
from mltui.agent.gpu import Gpus
from mltui.agent.host import Host
from mltui.agent.server import MSGPACK
from mltui.agent.spool import Lane
from mltui.agent.tree import Tree
from mltui.wire.samples import RESOURCE_PREFIX, KeySamples, SampleBatch

SCAN_SHARE = 0.005
"""Of one core, for looking through the machine's processes for new children: over 500 processes mean a look
every two seconds or less, and a child found late shows what it has used since its birth in one sample."""
SHORTEST_S = 0.1
"""A rate over less than this would be noise: the kernel counts CPU in steps of 10 ms."""

FIRST_LOOK_S = 0.002
"""After a command's start its memory is looked at, twice as long after each look, until the second sample: a command
that is over by then has a peak, too."""

_encode = msgspec.msgpack.Encoder().encode


class Totals(msgspec.Struct):
    """The tree at one moment. The first three only grow while its processes live or are reaped by their parents."""

    cpu_s: float = 0.0
    read_bytes: int = 0
    write_bytes: int = 0
    memory_bytes: int = 0
    threads: int = 0
    children: int = 0


class Sampler:
    """A thread that samples now and every `every_s` seconds after."""

    def __init__(
        self, tree: Tree, lane: Lane, *, run_id: str, scope: str, writer: str, every_s: float, directory: str
    ) -> None:
        self.memory_peak = 0.0
        """0 when it was over before it could be looked at."""
        self.cpu_peak = 0.0
        self._tree = tree
        self._lane = lane
        self._path = f"/api/v1/runs/{run_id}/samples"
        self._scope = scope
        self._writer = writer
        self._every_s = every_s
        self._seq = 0
        self._family = Family(tree)
        self._last = Totals()
        self._last_at = time.monotonic()
        self._directory = directory
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mltui-sampler", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        """Stop, and take what the command used since the last sample into the peaks."""
        self._stopped.set()
        self._thread.join()
        spent = self._tree.spent
        self.memory_peak = max(self.memory_peak, float(spent.largest_bytes))
        if self._last.cpu_s == 0.0:
            # Shorter than two samples: its average is all there is.
            self._last_at = min(self._last_at, time.monotonic() - SHORTEST_S)
        self._rates(Totals(cpu_s=spent.cpu_s))

    def _run(self) -> None:
        due = time.monotonic()
        process = self._process()
        host = Host(self._directory)
        self._take({"process": process, "host": host.sample()})
        self._watch_birth(due + self._every_s)
        with Gpus() as gpus:
            while True:
                # Late by more than a period (a suspended laptop): go on from now, do not catch up.
                due = max(due + self._every_s, time.monotonic())
                if self._stopped.wait(due - time.monotonic()):
                    return
                self._take({"process": self._process(), "host": host.sample(), **gpus.sample()})

    def _watch_birth(self, until: float) -> None:
        wait = FIRST_LOOK_S
        while (left := until - time.monotonic()) > 0 and not self._stopped.wait(min(wait, left)):
            self._look()
            wait *= 2

    def _look(self) -> Totals:
        totals = self._family.totals()
        self.memory_peak = max(self.memory_peak, float(totals.memory_bytes))
        return totals

    def _process(self) -> dict[str, float]:
        totals = self._look()
        totals.cpu_s += self._tree.spent.cpu_s
        cpu, read, write = self._rates(totals)
        if totals.memory_bytes == 0:
            # All of it has ended and waits to be reaped.
            return {}
        return {
            "cpu_percent": cpu,
            "memory_bytes": float(totals.memory_bytes),
            "read_bytes_per_s": read,
            "write_bytes_per_s": write,
            "threads": float(totals.threads),
            "children": float(totals.children),
        }

    def _rates(self, totals: Totals) -> tuple[float, float, float]:
        """CPU in percent of one core (no more than the machine has), bytes read and written per second, since the
        last time that was long enough ago.
        """
        now, last = time.monotonic(), self._last
        elapsed = now - self._last_at
        if elapsed < SHORTEST_S:
            return 0.0, 0.0, 0.0
        self._last, self._last_at = totals, now
        share = max(0.0, totals.cpu_s - last.cpu_s) / elapsed
        percent = 100.0 * min(share, float(psutil.cpu_count() or 1))
        self.cpu_peak = max(self.cpu_peak, percent)
        return (
            percent,
            max(0, totals.read_bytes - last.read_bytes) / elapsed,
            max(0, totals.write_bytes - last.write_bytes) / elapsed,
        )

    def _take(self, devices: dict[str, dict[str, float]]) -> None:
        now = time.time_ns()
        series = [
            KeySamples(key=f"{RESOURCE_PREFIX}{self._scope}/{device}/{name}", times=[now], values=[value])
            for device, values in devices.items()
            for name, value in values.items()
        ]
        self._seq = self._lane.append_numbered(lambda seq: self._record(series, seq), self._seq)

    def _record(self, series: list[KeySamples], seq: int) -> Record:
        def batch(of: list[KeySamples]) -> bytes:
            return _encode(SampleBatch(series=of, writer=self._writer, seq=seq))

        return Record("POST", self._path, MSGPACK, batch(series), instead=batch([]))


class Family:
    """The processes of a tree, remembered between samples."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._known: dict[int, psutil.Process] = {}
        self._scan_at = 0.0

    def totals(self) -> Totals:
        """Sums over all that live, with the CPU of dead children that their parents have reaped."""
        self._scan()
        sums = Totals(children=-1)
        for pid, process in list(self._known.items()):
            try:
                _add(sums, process)
            except psutil.Error:
                del self._known[pid]
        sums.children = max(0, sums.children)
        return sums

    def _scan(self) -> None:
        if time.monotonic() < self._scan_at:
            return
        began = time.thread_time()
        found = {process.pid: process for process in self._tree.processes()}
        self._known = {pid: self._known.get(pid, process) for pid, process in found.items()}
        self._scan_at = time.monotonic() + (time.thread_time() - began) / SCAN_SHARE


def _add(sums: Totals, process: psutil.Process) -> None:
    with process.oneshot():
        cpu = process.cpu_times()
        sums.cpu_s += sum(cpu[:4])
        sums.memory_bytes += process.memory_info().rss
        sums.threads += process.num_threads()
        sums.children += 1
        try:
            io = process.io_counters()
        except (psutil.AccessDenied, AttributeError):
            # macOS has none; a setuid child hides its own.
            return
        sums.read_bytes += io.read_bytes
        sums.write_bytes += io.write_bytes
