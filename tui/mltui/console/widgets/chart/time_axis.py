"""Moments on an axis of seconds since 1970: round ones by the wall clock, from milliseconds to centuries. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo

from mltui.console import format as text
from mltui.console.widgets.chart.scale import nice_ticks

_MINUTE, _HOUR, _DAY, _MONTH = 60, 3600, 86400, 30.5 * 86400
_STEPS_S = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30,
    *(_MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * n for n in (1, 2, 3, 6, 12)),
    *(_DAY * n for n in (1, 2, 7, 14)),
)  # fmt: skip
_STEPS_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 6000, 12000)
_A_MONDAY = datetime(1970, 1, 5)

_UNREADABLE = (OverflowError, ValueError, OSError)
"""What datetime says of a moment that no calendar has."""


def ticks(low: float, high: float, most: int, zone: tzinfo | None) -> list[tuple[float, str]]:
    """About `most` moments within [low, high] that are round in `zone` (None: the terminal's own), and their words.

    Days begin at midnight there, weeks on Monday; where only the hour would be said, midnight says the day.
    """
    tries = (_ticks(low, high, n, zone) for n in range(most, most + 4))
    return next((found for found in tries if len(found) > 1), _ticks(low, high, most, zone))


def exact(x: float, span: float, zone: tzinfo | None) -> str:
    """All there is to say of `x`; without the day, where the axis spans no more than one.

    >>> exact(1767323045.25, 600, UTC), exact(1767323045, 1e6, UTC)
    ('03:04:05.250', '2026-01-02 03:04:05')
    """
    try:
        moment = datetime.fromtimestamp(x, zone)
    except _UNREADABLE:
        return text.number(x)
    day = "" if span <= _DAY else f"{moment:%Y-%m-%d} "
    milliseconds = f".{moment.microsecond // 1000:03}" if moment.microsecond >= 1000 else ""
    return f"{day}{moment:%H:%M:%S}{milliseconds}"


def _ticks(low: float, high: float, most: int, zone: tzinfo | None) -> list[tuple[float, str]]:
    raw = (high - low) / max(1, most)
    step = next((step for step in _STEPS_S if step >= raw), None)
    months = next((n for n in _STEPS_MONTHS if n * _MONTH >= raw), _STEPS_MONTHS[-1])
    try:
        first = datetime.fromtimestamp(low, zone).replace(tzinfo=None)
        last = datetime.fromtimestamp(high, zone).replace(tzinfo=None)
        walls = _by_month(first, last, months) if step is None else _by_step(first, last, timedelta(seconds=step))
        # An hour that summer time skips is the same moment as another.
        moments = dict.fromkeys(wall.replace(tzinfo=zone).timestamp() for wall in walls)
        return [(at, _words(at, step, months, zone)) for at in moments if low <= at <= high]
    except _UNREADABLE:
        return [(tick, text.number(tick)) for tick in nice_ticks(low, high, most)]


def _by_step(first: datetime, last: datetime, step: timedelta) -> Iterator[datetime]:
    wall = _A_MONDAY - (_A_MONDAY - first) // step * step
    while wall <= last:
        yield wall
        wall += step


def _by_month(first: datetime, last: datetime, months: int) -> Iterator[datetime]:
    number = -(-(first.year * 12 + first.month - 1) // months) * months
    while number <= last.year * 12 + last.month - 1:
        yield datetime(number // 12, number % 12 + 1, 1)
        number += months


def _words(at: float, step: float | None, months: int, zone: tzinfo | None) -> str:
    moment = datetime.fromtimestamp(at, zone)
    if step is None:
        return f"{moment:%Y}" if months % 12 == 0 else f"{moment:%Y-%m}"
    if step >= _DAY or (step >= _MINUTE and moment.hour == moment.minute == 0):
        return f"{moment:%m-%d}"
    if step >= _MINUTE:
        return f"{moment:%H:%M}"
    return f"{moment:%H:%M:%S}" if step >= 1 else f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03}"
