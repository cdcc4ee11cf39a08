"""Runs an app in a pty, presses keys, and turns the recording into a report."""

import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bench_terminal.pty import QUIET_S, Pty
from bench_terminal.report import Press, Report
from bench_terminal.screen import Screen, frames_of

JITTER_S = 0.02
"""Presses are spaced by quiet plus up to this, so that they do not stay in phase with a 60 Hz repaint timer."""


class AppFailed(Exception):
    """The app exited, or was not ready in time. The message has what it showed."""


@dataclass(frozen=True)
class Hold:
    """A key held down: `times` presses at `rate` Hz, without waiting."""

    times: int
    key: str = "down"
    rate: float = 30.0


@dataclass(frozen=True)
class Mark:
    """A key press in the recording."""

    key: str
    at: float
    chunk: int
    """Index of the first chunk after it."""
    cpu_ms: float


def measure(
    argv: Sequence[str],
    *,
    columns: int = 200,
    rows: int = 50,
    ready: str = "",
    keys: Sequence[str] = (),
    warmup: Sequence[str] = (),
    hold: Hold | None = None,
    env: dict[str, str] | None = None,
    link: int | None = None,
    start_limit_s: float = 30.0,
    settle_start_s: float = 0.6,
    quiet_s: float = QUIET_S,
    idle_s: float = 1.0,
) -> Report:
    """Run `argv`, press `keys` one at a time, and report what each cost.

    `ready` is a regular expression that the screen matches once the app can be used. `warmup` keys are pressed first
    and not reported: they focus a widget or open a screen. Raises AppFailed.
    """
    report = Report(" ".join(argv), f"{columns}x{rows}")
    rng = random.Random(7)
    held: Mark | None = None
    with Pty(argv, columns, rows, env=env, link=link) as pty:
        try:
            _wait_for_start(pty, ready, Screen(columns, rows), start_limit_s, settle_start_s)
            started = len(pty.chunks)
            report.rss_mb = pty.rss_mb()
            pty.read_for(idle_s)
            report.idle_bytes_per_s = _size(pty, started) / idle_s
            for key in warmup:
                pty.press(key)
                pty.read_until_quiet(quiet_s * 2)
            marks = []
            for key in keys:
                pty.read_for(rng.uniform(0.0, JITTER_S))
                cpu, index = pty.cpu_ms(), len(pty.chunks)
                marks.append(Mark(key, pty.press(key), index, cpu))
                pty.read_until_quiet(quiet_s)
            marks.append(Mark("", time.perf_counter(), len(pty.chunks), pty.cpu_ms()))
            if hold:
                held = _hold(pty, hold)
                report.hold["cpu ms a key"] = (pty.cpu_ms() - marks[-1].cpu_ms) / hold.times
        except EOFError:
            said = b"".join(received for _, received in pty.chunks[-20:]).decode(errors="replace")
            raise AppFailed(f"the app exited early; its last output:\n{said}") from None
    # From here on the app is gone, and nothing is timed.
    screen = Screen(columns, rows)
    _replay_start(report, pty, started, ready, screen)
    screen.feed(b"".join(received for _, received in pty.chunks[started : marks[0].chunk]))
    _replay_keys(report, pty, marks, screen)
    if held:
        _replay_hold(report, pty, held, screen)
    report.screen = screen.text
    return report


def _size(pty: Pty, first: int) -> int:
    return sum(len(received) for _, received in pty.chunks[first:])


def _wait_for_start(pty: Pty, ready: str, screen: Screen, limit_s: float, settle_s: float) -> None:
    """Record until the screen matches and the app is quiet."""
    fed = 0
    while time.perf_counter() < pty.started + limit_s:
        pty.read_until_quiet(settle_s, limit=2.0, patience=settle_s)
        screen.feed(b"".join(received for _, received in pty.chunks[fed:]))
        fed = len(pty.chunks)
        if screen.text.strip() and re.search(ready, screen.text):
            return
    raise AppFailed(f"not ready within {limit_s} s; the screen was:\n{screen.text}")


def _hold(pty: Pty, hold: Hold) -> Mark:
    """Hold the key. Returns the mark of its last press, with the index of the first chunk after the first one."""
    start, index, cpu = time.perf_counter(), len(pty.chunks), pty.cpu_ms()
    last = start
    for number in range(hold.times):
        last = pty.press(hold.key)
        pty.read_for(max(0.0, start + (number + 1) / hold.rate - time.perf_counter()))
    pty.read_until_quiet(0.4, limit=20, patience=0.4)
    return Mark(hold.key, last, index, cpu)


def _replay_start(report: Report, pty: Pty, started: int, ready: str, screen: Screen) -> None:
    startup = report.startup
    for at, frame in frames_of(pty.chunks[:started]):
        since = (at - pty.started) * 1000
        if not screen.feed(frame) or not screen.text.strip():
            continue
        startup.first_paint = startup.first_paint or since
        startup.interactive = since
        if startup.ready is None and re.search(ready, screen.text):
            startup.ready = since
    startup.bytes = sum(len(received) for _, received in pty.chunks[:started])


def _replay_keys(report: Report, pty: Pty, marks: list[Mark], screen: Screen) -> None:
    for mark, following in pairwise(marks):
        chunks = pty.chunks[mark.chunk : following.chunk]
        press = Press(mark.key, cpu=following.cpu_ms - mark.cpu_ms, bytes=sum(len(received) for _, received in chunks))
        if chunks:
            press.first = (chunks[0][0] - mark.at) * 1000
        for frame_at, frame in frames_of(chunks):
            press.frames += 1
            if screen.feed(frame):
                press.settle = (frame_at - mark.at) * 1000
                press.paint = press.paint or press.settle
        report.presses.append(press)


def _replay_hold(report: Report, pty: Pty, held: Mark, screen: Screen) -> None:
    frames = frames_of(pty.chunks[held.chunk :])
    changed_at = [at for at, frame in frames if screen.feed(frame)]
    gaps = [later - earlier for earlier, later in pairwise(changed_at) if earlier < held.at]
    report.hold |= {
        "frames": float(len(frames)),
        "bytes": float(sum(len(frame) for _, frame in frames)),
        "drain ms": (changed_at[-1] - held.at) * 1000 if changed_at else 0.0,
        "max gap ms": max(gaps, default=0.0) * 1000,
    }
