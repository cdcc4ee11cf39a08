"""An app in a pty, and a recording of everything it wrote."""

import fcntl
import os
import select
import signal
import struct
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from bench_terminal.keys import key_bytes

SYNC_QUERY = b"\x1b[?2026$p"
SYNC_REPLY = b"\x1b[?2026;2$y"

QUIET_S = 0.12
"""No output for this long means that the app has finished reacting to a key."""
PATIENCE_S = 1.0
"""How long a key may take to show its first byte before it counts as having done nothing."""
READ_BYTES = 65_536
THROTTLED_READ_BYTES = 1024

Chunk = tuple[float, bytes]
"""When it arrived, by time.perf_counter, and what."""


class Pty:
    """The app `argv` in a terminal of `columns` x `rows`. Use as a context manager: leaving kills it.

    `link` throttles reading to that many bytes per second, which fills the pty's buffer and makes the app meet the
    back-pressure of a slow SSH link. Reading raises EOFError once the app has exited.
    """

    def __init__(
        self,
        argv: Sequence[str],
        columns: int,
        rows: int,
        *,
        env: dict[str, str] | None = None,
        link: int | None = None,
    ) -> None:
        self.chunks: list[Chunk] = []
        self._link = link
        self.started = time.perf_counter()
        self.pid, self._fd = os.forkpty()
        if self.pid == 0:
            _become(argv, columns, rows, env or {})
        os.set_blocking(self._fd, False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass  # It has exited by itself.
        os.close(self._fd)

    def read_once(self, timeout: float) -> bool:
        """Record one chunk. Returns whether anything arrived within `timeout` seconds."""
        ready, _, _ = select.select([self._fd], [], [], timeout)
        if not ready:
            return False
        try:
            received = os.read(self._fd, READ_BYTES if self._link is None else THROTTLED_READ_BYTES)
        except OSError:
            raise EOFError("the app exited") from None
        self.chunks.append((time.perf_counter(), received))
        if SYNC_QUERY in received:
            os.write(self._fd, SYNC_REPLY)
        if self._link is not None:
            time.sleep(len(received) / self._link)
        return True

    def read_until_quiet(self, quiet: float = QUIET_S, limit: float = 5.0, patience: float = PATIENCE_S) -> None:
        """Record until the app has written nothing for `quiet` seconds, `limit` at most.

        The first byte may take up to `patience`, or slow reactions would be counted as no reaction and leave the
        statistics.
        """
        now = time.perf_counter()
        deadline, quiet_at = now + limit, now + patience
        while (now := time.perf_counter()) < min(deadline, quiet_at):
            if self.read_once(min(deadline, quiet_at) - now):
                quiet_at = time.perf_counter() + quiet

    def read_for(self, seconds: float) -> None:
        deadline = time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            self.read_once(left)

    def press(self, key: str) -> float:
        """Write a key. Returns when it was written."""
        now = time.perf_counter()
        os.write(self._fd, key_bytes(key))
        return now

    def cpu_ms(self) -> float:
        """CPU time of the process so far, threads included; children are not counted."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")

    def rss_mb(self) -> float:
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _become(argv: Sequence[str], columns: int, rows: int, env: dict[str, str]) -> None:
    """In the child: become the app. Never returns."""
    for name in ("COLUMNS", "LINES", "TERM_PROGRAM"):
        os.environ.pop(name, None)
    os.environ.update({"TERM": "xterm-256color", "COLORTERM": "truecolor"} | env)
    # The size must be right before the app's first byte.
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, rows * 20, columns * 10))
    try:
        os.execvp(argv[0], list(argv))
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)
