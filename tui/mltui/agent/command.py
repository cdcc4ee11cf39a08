"""Runs one command to its end: reads its output, keeps its log, stops it when told to.

One loop in the main thread. It waits for output, for the death of a child, for a signal and for other
threads at once, so nothing here polls.
"""

import contextlib
import os
import select
import selectors
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil

from mltui.agent.lines import LineCutter
from mltui.agent.logbook import LogBook
from mltui.agent.tree import Tree
from mltui.wire.logs import STDERR, STDOUT

READ_BYTES = 32_768
LINGER_S = 2.0
"""How long output may stay open after the command has ended, because something it started holds it."""
SWEEP_EVERY_S = 0.2
CONGESTED_WAIT_S = 0.05
INTERRUPTED = "interrupted"


@dataclass
class Stop:
    """Whether, why and how far the command is being stopped."""

    reason: str = ""
    timed_out: bool = False
    kill_at: float | None = None
    killing: bool = False


@dataclass
class _Pipe:
    fd: int
    cutter: LineCutter
    echo: int | None
    """Our own descriptor that gets the same bytes."""
    inode: int = field(init=False)

    def __post_init__(self) -> None:
        self.inode = os.fstat(self.fd).st_ino


class Command:
    """One command, its output and its end."""

    def __init__(
        self,
        tree: Tree,
        book: LogBook,
        *,
        grace_s: float,
        timeout_s: float | None,
        echo: bool,
        is_congested: Callable[[], bool],
    ) -> None:
        """`is_congested` says that the spool is far ahead of the server, so that output is read more slowly."""
        self.tree = tree
        self.stop = Stop()
        self._book = book
        self._grace_s = grace_s
        self._timeout_s = timeout_s
        self._echo = echo
        self._is_congested = is_congested
        self._selector = selectors.DefaultSelector()
        self._pipes: dict[int, _Pipe] = {}
        self._asked: list[str] = []
        self._ended_at: float | None = None
        self._gone = False
        self._over = False
        self._signals_since = 0
        self._wake, self._waker = socket.socketpair()
        self._wake.setblocking(False)
        self._waker.setblocking(False)
        self._selector.register(self._wake, selectors.EVENT_READ)

    def start(self, command: list[str], *, directory: str | None, env: dict[str, str], stdin: int | None) -> None:
        """Raises CannotStart."""
        self._take_signals()
        out, out_writer = os.pipe()
        err, err_writer = os.pipe()
        try:
            self.tree.start(command, directory=directory, env=env, stdin=stdin, out=out_writer, err=err_writer)
        except BaseException:
            os.close(out)
            os.close(err)
            raise
        finally:
            os.close(out_writer)
            os.close(err_writer)
        for fd, stream, echo in ((out, STDOUT, 1), (err, STDERR, 2)):
            os.set_blocking(fd, False)
            self._pipes[fd] = _Pipe(fd, LineCutter(stream), echo if self._echo else None)
            self._selector.register(fd, selectors.EVENT_READ)

    def ask_to_stop(self, reason: str) -> None:
        """From any thread or signal handler: end the command. A second SIGINT ends it at once."""
        if not self._over:
            self._asked.append(reason)
            self._awake()

    def was_signalled_since(self) -> bool:
        """Whether the agent got a signal after the command's end."""
        return self._signals_since > 0

    def run(self) -> None:
        """Until the command has ended and its output has been read."""
        deadline = time.monotonic() + self._timeout_s if self._timeout_s is not None else None
        while not self._is_over():
            self._wait(deadline)
            self._obey()
            if deadline is not None and time.monotonic() >= deadline:
                deadline = None
                self._begin_stop(f"timed out after {self._timeout_s:g} s", timed_out=True)
            self._press()
            self._flush_due()
        self._over = True
        self._book.flush()

    # -- one turn ------------------------------------------------------------------------------------------

    def _wait(self, deadline: float | None) -> None:
        congested = self._pipes and self._is_congested()
        if congested:
            self._wake_only(CONGESTED_WAIT_S)
        else:
            for key, _ in self._selector.select(self._patience(deadline)):
                if key.fileobj is self._wake:
                    self._drain_wakes()
                else:
                    self._read(self._pipes[key.fd])
        self.tree.reap()

    def _patience(self, deadline: float | None) -> float | None:
        """Seconds until something is due."""
        now = time.monotonic()
        dues = [due for due in (deadline, self.stop.kill_at, self._book.due_at(), self._linger_until()) if due]
        if self.stop.killing or (self.stop.reason and self.tree.status is not None):
            dues.append(now + SWEEP_EVERY_S)
        dues += [due for pipe in self._pipes.values() if (due := pipe.cutter.due_at()) is not None]
        return max(0.0, min(dues) - now) if dues else None

    def _read(self, pipe: _Pipe) -> None:
        try:
            data = os.read(pipe.fd, READ_BYTES)
        except BlockingIOError:
            return
        now = time.time_ns()
        if not data:
            self._close(pipe, now)
            return
        records = pipe.cutter.feed(data, now, time.monotonic())
        self._book.add(records, sum(len(record.body) for record in records))
        self._pass_on(pipe, data)

    def _pass_on(self, pipe: _Pipe, data: bytes) -> None:
        view = memoryview(data)
        while view and pipe.echo is not None:
            try:
                view = view[os.write(pipe.echo, view) :]
            except BlockingIOError:
                # Another program on this terminal made it non-blocking.
                select.select([], [pipe.echo], [])
            except BrokenPipeError:
                # As in a shell's pipeline: who writes to a reader that left gets SIGPIPE.
                self._close(pipe, time.time_ns())
                return
            except OSError:
                # The terminal is gone. The command and its log go on.
                pipe.echo = None

    def _close(self, pipe: _Pipe, now: int) -> None:
        self._keep_partial(pipe, now)
        self._selector.unregister(pipe.fd)
        os.close(pipe.fd)
        del self._pipes[pipe.fd]

    def _flush_due(self) -> None:
        now = time.monotonic()
        for pipe in self._pipes.values():
            due = pipe.cutter.due_at()
            if due is not None and due <= now:
                self._keep_partial(pipe, time.time_ns())
        due_at = self._book.due_at()
        if due_at is not None and due_at <= now:
            self._book.flush()

    def _keep_partial(self, pipe: _Pipe, now: int) -> None:
        records = pipe.cutter.flush(now)
        self._book.add(records, sum(len(record.body) for record in records))

    # -- the end -------------------------------------------------------------------------------------------

    def _is_over(self) -> bool:
        if self.tree.status is None:
            return False
        # Only a stop waits for every descendant: what a command leaves in the background is its own affair.
        self._gone = not self.stop.reason or not self.tree.processes()
        return self._gone and not self._pipes

    def _linger_until(self) -> float | None:
        """Until when output may stay open, once the command (on a stop: all of its tree) has ended."""
        if self.tree.status is None or not self._gone or not self._pipes:
            return None
        if self._ended_at is None:
            self._ended_at = time.monotonic()
        return self._ended_at + LINGER_S

    def _press(self) -> None:
        """Kill what should be gone by now."""
        now = time.monotonic()
        if self.stop.kill_at is not None and now >= self.stop.kill_at:
            self.stop.kill_at = None
            self.stop.killing = True
            self._book.say(f"still running after {self._grace_s:g} s; killing it")
        if self.stop.killing:
            self.tree.signal(signal.SIGKILL)
            self.tree.reap()
        linger = self._linger_until()
        if linger is not None and now >= linger:
            self._end_leftovers()

    def _end_leftovers(self) -> None:
        leftovers = self.tree.holders({pipe.inode for pipe in self._pipes.values()})
        names = ", ".join(f"{process.pid}" for process in leftovers)
        if leftovers:
            self._book.say(f"the command ended; killed background processes that still held its output: {names}")
        for process in leftovers:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        if not leftovers:
            # Held by something outside the tree; its output is not this command's any more.
            for pipe in list(self._pipes.values()):
                self._close(pipe, time.time_ns())
        self._ended_at = time.monotonic()

    def _obey(self) -> None:
        while self._asked:
            reason = self._asked.pop(0)
            if not self.stop.reason:
                self._begin_stop(reason)
            elif reason == INTERRUPTED:
                self.stop.kill_at, self.stop.killing = None, True

    def _begin_stop(self, reason: str, timed_out: bool = False) -> None:
        if self.stop.reason:
            return
        self.stop.reason = reason
        self.stop.timed_out = timed_out
        self.stop.kill_at = time.monotonic() + self._grace_s
        self._book.say(f"stopping the command: {reason}")
        self.tree.signal(signal.SIGTERM)

    # -- wake-ups ------------------------------------------------------------------------------------------

    def _take_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # What `nohup` or a shell's `&` made us ignore stays ignored.
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._on_signal)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)

    def _on_signal(self, number: int, _frame: object) -> None:
        self._signals_since += self._over
        name = signal.Signals(number).name
        self.ask_to_stop(INTERRUPTED if number == signal.SIGINT else f"the agent got {name}")

    def _awake(self) -> None:
        try:
            self._waker.send(b"\0")
        except BlockingIOError:
            # Full: the loop is about to wake anyway.
            return

    def _drain_wakes(self) -> None:
        try:
            while self._wake.recv(4096):
                continue
        except BlockingIOError:
            return

    def _wake_only(self, seconds: float) -> None:
        with selectors.DefaultSelector() as alone:
            alone.register(self._wake, selectors.EVENT_READ)
            if alone.select(seconds):
                self._drain_wakes()
