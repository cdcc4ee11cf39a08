"""What the agent asks of Linux: to keep a process tree together, and its own size. Elsewhere these do nothing."""

import ctypes
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def become_subreaper() -> bool:
    """Orphans below this process become its children, however they were detached; whether it can be so."""
    return _libc is not None and _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def die_with_parent(parent: int) -> None:
    """For a child between fork and exec: the kernel kills it when the parent thread ends."""
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        # The parent died before the call.
        os.kill(os.getpid(), signal.SIGKILL)


def largest_so_far() -> int:
    """Bytes that this process has had resident at most, since its own exec. 0 where that is not known.

    Not `getrusage`: that counts what it was before its exec, which may be a server of any size.
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def resident_bytes(pid: int) -> int:
    """What a process has resident now. 0 when it has ended, or where that is not known."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
