"""From values to fractions of an axis, and the round numbers to write beside it. Pure."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from mltui.console import format as text

_STEPS_S = (0.001, 0.01, 0.1, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
_DAY = 86400
MAX_TICKS = 50


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from `low` to `high`, both finite, low < high; on a `log` one, low > 0."""

    low: float
    high: float
    log: bool = False

    def fraction(self, value: float) -> float:
        """Where `value` is, as 0 at `low` and 1 at `high`; beyond either, the nearer one.

        >>> Scale(0, 10).fraction(2.5), Scale(1, 100, log=True).fraction(10), Scale(0, 1).fraction(-5)
        (0.25, 0.5, 0.0)
        """
        if value <= self.low:
            return 0.0
        if value >= self.high:
            return 1.0
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        # Halves, because the difference of two finite floats may be infinite.
        return (value / 2 - self.low / 2) / (self.high / 2 - self.low / 2)

    def ticks(self, most: int) -> list[float]:
        """About `most` round numbers on the axis; more where only so there are two of them."""
        powers = _log_ticks(self.low, self.high, most) if self.log else []
        tries = [powers] if powers else (nice_ticks(self.low, self.high, n) for n in range(most, most + 4))
        return next((ticks for ticks in tries if len(ticks) > 1), nice_ticks(self.low, self.high, most))


def around(values: Iterable[float], *, log: bool = False) -> Scale:
    """The scale that shows all of these finite values; on a log scale all the positive ones."""
    shown = [value for value in values if value > 0] if log else list(values)
    if not shown:
        return Scale(0.1, 1.0, log=True) if log else Scale(0.0, 1.0)
    low, high = min(shown), max(shown)
    if log:
        low = max(low, high * 1e-18)
        log = high / low > 1.0 + 1e-9
        if log:
            return Scale(low, high, log=True)
    if high / 2 - low / 2 <= abs(high) * 1e-12:
        # Flat: half its own size of room on both sides, so that it runs through the middle.
        room = abs(high) / 2 or 0.5
        low, high = max(low - room, -1.7e308), min(high + room, 1.7e308)
    return Scale(low, high)


def nice_ticks(low: float, high: float, most: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten within [low, high].

    >>> nice_ticks(0, 10, 5)
    [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    """
    step = _nice_step(high / 2 - low / 2, max(1, most))
    if step <= 0 or not math.isfinite(step):
        return [low]
    return _multiples(low, high, step)


def _nice_step(half_span: float, most: int) -> float:
    raw = half_span / most * 2
    if not math.isfinite(raw) or raw < 1e-300:
        return 0.0
    power = 10.0 ** math.floor(math.log10(raw))
    return next((factor * power for factor in (1, 2, 5) if factor * power >= raw * 0.999), 10 * power)


def _multiples(low: float, high: float, step: float) -> list[float]:
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    # Rounding takes 0.30000000000000004 back to 0.3; adding 0.0 makes -0.0 plain.
    digits = max(0, min(300, 2 - math.floor(math.log10(step))))
    return [round(i * step, digits) + 0.0 for i in range(first, min(last, first + MAX_TICKS) + 1)]


def _log_ticks(low: float, high: float, most: int) -> list[float]:
    """Powers of ten, with 2 and 5 times each where there is room for those.

    >>> _log_ticks(0.05, 3, 8), _log_ticks(0.05, 3, 4)
    ([0.05, 0.1, 0.2, 0.5, 1.0, 2.0], [0.1, 1.0])
    """
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if last - first < most:
        between = [float(f"{factor}e{power}") for power in range(first - 1, last + 1) for factor in (1, 2, 5)]
        ticks = [tick for tick in between if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]
        if 2 < len(ticks) <= most:
            return ticks
    if last - first < 1:
        return []
    stride = max(1, math.ceil((last - first + 1) / max(1, most)))
    return [10.0**power for power in range(first, last + 1, stride) if -300 < power < 300]


Kind = Literal["step", "relative", "number"]
"""`number`: of anything."""


def x_ticks(kind: Kind, low: float, high: float, most: int) -> list[float]:
    """About `most` round steps; or for durations, multiples of a round number of seconds, minutes, hours or days."""
    tries = (_x_ticks(kind, low, high, n) for n in range(most, most + 4))
    return next((ticks for ticks in tries if len(ticks) > 1), _x_ticks(kind, low, high, most))


def _x_ticks(kind: Kind, low: float, high: float, most: int) -> list[float]:
    if kind == "number":
        return nice_ticks(low, high, most)
    if kind == "step":
        ticks = nice_ticks(low, high, most)
        return [tick for tick in ticks if tick == int(tick)] or ticks
    raw = (high - low) / max(1, most)
    step = next((s for s in _STEPS_S if s >= raw), None)
    if step is None:
        step = math.ceil(raw / _DAY) * float(_DAY)
    return _multiples(low, high, step)


def x_label(kind: Kind, value: float) -> str:
    """What stands at `value`."""
    if kind == "relative":
        return "0" if value == 0 else text.duration(value)
    if kind == "number":
        return text.number(value)
    if value == int(value) and abs(value) < 1e15:
        return _short_int(int(value))
    return text.number(value)


def _short_int(value: int) -> str:
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if abs(value) >= 10 * size and value * 100 % size == 0:
            return f"{value / size:g}{unit}"
    return str(value)
