"""A forked process that waits for the agent's death and then ends what the agent ran.

PR_SET_PDEATHSIG reaches the command but not its children: without this, a shell script's training would go
on, unwatched, on a GPU that the server believes free.
"""

import contextlib
import os
import signal

import psutil


class Guard:
    """Fork it before any thread exists, while forking is safe."""

    def __init__(self, execution_id: str) -> None:
        reader, self._writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            _watch(reader, execution_id)
        os.close(reader)

    def set_command(self, pid: int) -> None:
        """Whose process group to end."""
        os.write(self._writer, b"%d\n" % pid)

    def dismiss(self) -> None:
        """The agent ends in good order; leave everything as it is."""
        os.write(self._writer, b"bye\n")
        os.close(self._writer)


def _watch(reader: int, execution_id: str) -> None:
    """Never returns."""
    try:
        detach(reader)
        words = b"".join(iter(lambda: os.read(reader, 64), b"")).split()
        if words and words[-1] != b"bye":
            _end(int(words[0]), execution_id)
    finally:
        os._exit(0)


def detach(kept: int) -> None:
    """Make a forked process one of its own: no terminal, no signals of the agent's, no file but `kept`."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in range(3):
        os.dup2(nowhere, fd)
    os.closerange(3, kept)
    os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))


def _end(group: int, execution_id: str) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
    for process in psutil.process_iter():
        try:
            ours = process.environ().get("MLTUI_EXECUTION_ID") == execution_id
            if ours and process.pid != os.getpid():
                process.kill()
        except psutil.Error:
            continue
