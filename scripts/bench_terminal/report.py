"""What was measured, and how it prints.

* `paint`: key written to end of the first frame that changed a visible cell. This is what a user feels.
* `settle`: the same to the last such frame; larger when scrolling animates or a worker delivers late.
* `drain`: how long the app keeps painting after the last press of a held key. A large one feels like a rubber band.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Press:
    """One key press and what it cost. Times in ms, None when nothing came of it."""

    key: str
    first: float | None = None
    """To the first byte back."""
    paint: float | None = None
    settle: float | None = None
    bytes: int = 0
    frames: int = 0
    cpu: float = 0.0
    """User and system ms of the process, threads included."""


@dataclass
class Startup:
    """ms from fork to …"""

    first_paint: float | None = None
    """… the first frame with any text on it."""
    ready: float | None = None
    """… the frame that matches what the caller called ready."""
    interactive: float | None = None
    """… the last change before the app falls quiet."""
    bytes: int = 0


@dataclass
class Report:
    command: str
    size: str
    startup: Startup = field(default_factory=Startup)
    idle_bytes_per_s: float = 0.0
    presses: list[Press] = field(default_factory=list)
    hold: dict[str, float] = field(default_factory=dict)
    rss_mb: float = 0.0
    screen: str = ""
    """The last one."""

    def paints(self) -> list[float]:
        return [press.paint for press in self.presses if press.paint is not None]

    def summary(self) -> str:
        """A table with one line per distinct key, in ms."""
        start = {"first paint": self.startup.first_paint, "ready": self.startup.ready}
        start["interactive"] = self.startup.interactive
        lines = [
            f"$ {self.command}  ({self.size})",
            "startup  " + "  ".join(f"{name} {'?' if ms is None else f'{ms:.0f} ms'}" for name, ms in start.items()),
            f"idle     {self.idle_bytes_per_s:.0f} B/s, {self.rss_mb:.0f} MB",
            f"{'key':<12}{'n':>4}{'paint p50':>11}{'p95':>8}{'max':>8}{'settle p50':>12}{'bytes':>8}{'cpu':>8}",
        ]
        lines += [self._line(key) for key in dict.fromkeys(press.key for press in self.presses)]
        if self.hold:
            lines.append("hold     " + "  ".join(f"{name} {value:.1f}" for name, value in self.hold.items()))
        return "\n".join(lines)

    def _line(self, key: str) -> str:
        group = [press for press in self.presses if press.key == key]
        paint = [press.paint for press in group if press.paint is not None]
        settle = [press.settle for press in group if press.settle is not None]
        if not paint:
            return f"{key:<12}{len(group):>4}  nothing painted"
        return (
            f"{key:<12}{len(paint):>4}{quantile(paint, 0.5):>11.1f}{quantile(paint, 0.95):>8.1f}{max(paint):>8.1f}"
            f"{quantile(settle, 0.5):>12.1f}{statistics.median(press.bytes for press in group):>8.0f}"
            f"{statistics.mean(press.cpu for press in group):>8.1f}"
        )


def quantile(values: Sequence[float], q: float) -> float:
    """The value that a share `q` of them, 0 to 1, does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]
