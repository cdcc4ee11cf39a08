"""Samples the resources of a process tree, its host and its GPUs, and puts them into the spool.

Keys are `sys/<scope>/<process|host|gpuN>/<field>`. CPU is percent of one core, memory bytes, rates bytes
per second.
"""

import threading
import time
from collections.abc import Callable

import msgspec
import psutil

from mltui.agent.frames import Record
from mltui.agent.gpu import Gpus
from mltui.agent.host import Host
from mltui.agent.server import MSGPACK
from mltui.agent.spool import Lane
from mltui.agent.tree import Tree
from mltui.wire.samples import RESOURCE_PREFIX, KeySamples, SampleBatch

SCAN_SHARE = 0.004
"""Of one core, for looking through the machine's processes for new children; many processes mean fewer looks."""

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
        self._note_cpu(spent.cpu_s, time.monotonic())

    def _run(self) -> None:
        host = Host(self._directory)
        due = time.monotonic()
        self._take({"process": self._process(), "host": host.sample()})
        with Gpus() as gpus:
            while True:
                # Late by more than a period (a suspended laptop): go on from now, do not catch up.
                due = max(due + self._every_s, time.monotonic())
                if self._stopped.wait(due - time.monotonic()):
                    return
                self._take({"process": self._process(), "host": host.sample(), **gpus.sample()})

    def _process(self) -> dict[str, float]:
        now = time.monotonic()
        elapsed = max(now - self._last_at, 1e-3)
        totals, last = self._family.totals(), self._last
        totals.cpu_s += self._tree.spent.cpu_s
        cpu = self._note_cpu(totals.cpu_s, now)
        self.memory_peak = max(self.memory_peak, float(totals.memory_bytes))
        self._last = totals
        return {
            "cpu_percent": cpu,
            "memory_bytes": float(totals.memory_bytes),
            "read_bytes_per_s": max(0, totals.read_bytes - last.read_bytes) / elapsed,
            "write_bytes_per_s": max(0, totals.write_bytes - last.write_bytes) / elapsed,
            "threads": float(totals.threads),
            "children": float(totals.children),
        }

    def _note_cpu(self, cpu_s: float, now: float) -> float:
        """Percent of one core since the last time, no more than the machine has."""
        elapsed = max(now - self._last_at, 1e-3)
        share = max(0.0, cpu_s - self._last.cpu_s) / elapsed
        percent = 100.0 * min(share, float(psutil.cpu_count() or 1))
        self.cpu_peak = max(self.cpu_peak, percent)
        self._last_at = now
        return percent

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

    def __init__(self, tree: Tree, clock: Callable[[], float] = time.monotonic) -> None:
        self._tree = tree
        self._clock = clock
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
        began = self._clock()
        if began < self._scan_at:
            return
        found = {process.pid: process for process in self._tree.processes()}
        self._known = {pid: self._known.get(pid, process) for pid, process in found.items()}
        ended = self._clock()
        self._scan_at = ended + (ended - began) / SCAN_SHARE


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
