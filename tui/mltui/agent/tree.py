"""The processes of one command: starting it, signalling all of it, reaping it. Main thread only."""

import contextlib
import errno
import os
import resource
import signal
import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import psutil

from mltui.agent.linux import become_subreaper, die_with_parent, largest_so_far, resident_bytes

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""What shells answer."""
GROWN_BYTES = 1024 * 1024
"""What a fork of the agent may grow by before its exec."""


class CannotStart(Exception):
    """The command could not be started; `exit_code` is what a shell would give."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass
class Spent:
    """What the processes that this agent has reaped used, they and the children that they reaped."""

    inherited_bytes: int = 0
    """A child of this agent was the agent's own image, of at most this size, until it became the command."""
    cpu_s: float = 0.0
    largest_bytes: int = 0
    """Resident size of the largest single process, where it was larger than what it inherited; else as first seen."""

    def add(self, usage: resource.struct_rusage) -> None:
        self.cpu_s += usage.ru_utime + usage.ru_stime
        # Linux counts in KiB, macOS in bytes.
        unit = 1 if os.uname().sysname == "Darwin" else 1024
        resident = usage.ru_maxrss * unit
        # Linux counts what a process was before its exec, too: a smaller figure is the agent's and says nothing.
        if resident > self.inherited_bytes:
            self.largest_bytes = max(self.largest_bytes, resident)


class Tree:
    """A command in a session of its own, and everything that descends from it."""

    def __init__(self, spare_pids: Collection[int]) -> None:
        """`spare_pids` are children of the agent that are no part of the command."""
        self._spare_pids = spare_pids
        self.pid = 0
        self.status: int | None = None
        """Wait status of the command, once it has ended."""
        self.spent = Spent()
        self._adopts = False

    def start(
        self, command: list[str], *, directory: str | None, env: dict[str, str], stdin: int | None, out: int, err: int
    ) -> None:
        """Raises CannotStart."""
        self._adopts = become_subreaper()
        agent = os.getpid()
        self.spent = Spent(inherited_bytes=largest_so_far() + GROWN_BYTES)
        try:
            popen = subprocess.Popen(
                command,
                cwd=directory,
                env=env,
                stdin=stdin,
                stdout=out,
                stderr=err,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(agent),  # noqa: PLW1509 - there are no threads yet
            )
        except OSError as error:
            raise _cannot_start(command[0], directory, error) from error
        self.pid = popen.pid
        # Popen returns when the command's image is there, which may be gone before any thread looks.
        self.spent.largest_bytes = resident_bytes(self.pid)
        # Reaped below, with everything else that this subreaper inherits; Popen need not try.
        popen.returncode = 0

    def reap(self) -> None:
        """Collect every child that has ended."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self._spare_pids:
                continue
            self.spent.add(usage)
            if pid == self.pid:
                self.status = status

    def processes(self) -> list[psutil.Process]:
        """Everything that lives, escaped grandchildren included.

        Not psutil's `children`: it leaves out a child that looks older than its parent, which every child does
        for a moment when the machine's clock is set back.
        """
        if not Path("/proc/self/stat").exists():
            return psutil.Process().children(recursive=True)
        found: list[psutil.Process] = []
        children = _children_by_parent()
        pids = [os.getpid()]
        while pids:
            for pid in children.get(pids.pop(), ()):
                if pid in self._spare_pids:
                    continue
                pids.append(pid)
                with contextlib.suppress(psutil.NoSuchProcess):
                    found.append(psutil.Process(pid))
        return found

    def signal(self, number: signal.Signals) -> bool:
        """Signal all of it; whether there was anything alive."""
        alive = False
        if not self._adopts:
            # Orphans are nobody's children here; most are still in the command's group.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)
        for process in self.processes():
            try:
                if process.status() != psutil.STATUS_ZOMBIE:
                    process.send_signal(number)
                    alive = True
            except psutil.Error:
                continue
        return alive

    def holders(self, pipes: set[int]) -> list[psutil.Process]:
        """The processes that hold one of the pipes with these inodes open."""
        return [process for process in self.processes() if _holds(process.pid, pipes)]


def _children_by_parent() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            fd = os.open(f"/proc/{entry.name}/stat", os.O_RDONLY)
        except OSError:
            continue
        try:
            # After the name, which may hold anything: state, parent, ...
            parent = int(os.read(fd, 1024).rpartition(b")")[2].split(None, 2)[1])
        except (OSError, IndexError):
            # It ended between the two calls.
            continue
        finally:
            os.close(fd)
        children.setdefault(parent, []).append(int(entry.name))
    return children


def _holds(pid: int, pipes: set[int]) -> bool:
    links = {f"pipe:[{inode}]" for inode in pipes}
    folder = Path(f"/proc/{pid}/fd")
    try:
        return any(str(fd.readlink()) in links for fd in folder.iterdir())
    except OSError:
        return False


def _cannot_start(name: str, directory: str | None, error: OSError) -> CannotStart:
    if directory is not None and not Path(directory).is_dir():
        return CannotStart(f"directory not found: {directory}", NOT_FOUND)
    if error.errno == errno.ENOENT:
        if "/" in name and Path(name).exists():
            return CannotStart(f"the interpreter that {name} names in its first line was not found", NOT_EXECUTABLE)
        return CannotStart(f"command not found: {name}", NOT_FOUND)
    if error.errno in (errno.EACCES, errno.ENOEXEC, errno.EISDIR):
        return CannotStart(f"not executable: {name}", NOT_EXECUTABLE)
    return CannotStart(f"cannot start {name}: {error.strerror}", NOT_EXECUTABLE)
