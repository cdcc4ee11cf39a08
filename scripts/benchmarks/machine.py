"""What the figures were measured on."""

import os
import platform
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil


def facts() -> str:
    """One line: processor, cores, memory, system, Python."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def processors() -> list[int]:
    """Those that this process may use; one alone where the system does not tell."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]


@contextmanager
def on_processors(some: Collection[int]) -> Iterator[None]:
    """Within the block, this process and what it starts have these alone."""
    before = processors()
    os.sched_setaffinity(0, some)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
