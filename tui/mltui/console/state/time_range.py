"""Which stretch of time is looked at: the last hour, all there is, or from one moment to another. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from mltui.console.faults import Fault, quoted

PRESETS = ("15m", "1h", "6h", "24h", "7d", "30d", "all")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Between these a point may be."""
YEARS = "the years 1970 to 2199"
_DAYS_AGO = {"today": 0, "yesterday": 1}


class RangeFault(Fault):
    """What is wrong with a range, and what would be right."""


@dataclass(frozen=True, slots=True)
class TimeRange:
    """`text` is what `parse_range` reads: a length (`6h`), `all`, or two moments in ISO 8601 with ` .. ` between them.

    Either bound is None where there is none; `length` is that of a range that ends now.
    """

    text: str
    length: timedelta | None = None
    start: datetime | None = None
    end: datetime | None = None

    def words(self, zone: tzinfo | None = None) -> str:
        """For people, in their own `zone` (None: the terminal's)."""
        if self.length is not None:
            return f"last {self.text}"
        if self.start is None and self.end is None:
            return "all"
        start, end = _short(self.start, zone), _short(self.end, zone)
        day = start[: len("2026-01-31 ")]
        return f"{start} … {end.removeprefix(day) if day else end}".strip()


ALL = TimeRange("all")


def between(start: datetime | None, end: datetime | None) -> TimeRange:
    """From one moment to another; None for the first, or the last, that there is."""
    if start is None and end is None:
        return ALL
    texts = ("" if bound is None else bound.isoformat() for bound in (start, end))
    return TimeRange(" .. ".join(texts).strip(), start=start, end=end)


def between_seconds(start: float, end: float) -> TimeRange:
    """The same in seconds since 1970. Raises RangeFault outside of FIRST and LAST."""
    if not FIRST.timestamp() <= start < end <= LAST.timestamp():
        raise RangeFault(f"points are of {YEARS}: there is nothing so far away")
    return between(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))


def parse_range(text: str, now: datetime, zone: tzinfo | None = None) -> TimeRange:
    """What `text` says; a moment without a zone is one of `zone`. Raises RangeFault.

    A length that ends now (`90m`), `all`, or two moments with `..` or `/` between them, of which one may be missing:
    `2026-03-01 .. 2026-03-02 12:00`, `yesterday 14:00 ..`.
    """
    text = text.strip()
    if text == "all":
        return ALL
    if match := re.fullmatch(r"(\d{1,9})([smhdw])", text):
        return _last(text, int(match[1]) * timedelta(**{_UNITS[match[2]]: 1}), now)
    first, mark, last = text.partition(".." if ".." in text else "/")
    if not mark or not (first.strip() or last.strip()):
        right = f"write 90m, 24h, 7d, all, or two times as in {_example(now, zone)}"
        raise RangeFault(f"{quoted(text)} is no range; {right}")
    start, end = _moment(first, now, zone), _moment(last, now, zone)
    if start is not None and end is not None and start >= end:
        raise RangeFault(f"it begins at {_short(start, zone)} and ends at {_short(end, zone)}: write the earlier first")
    return between(start, end)


def _last(text: str, length: timedelta, now: datetime) -> TimeRange:
    if not timedelta(0) < length <= now - FIRST:
        raise RangeFault(f"{quoted(text)} is no length of time to look back; write 90m, 24h, 7d or all")
    return TimeRange(text, length=length)


def _moment(text: str, now: datetime, zone: tzinfo | None) -> datetime | None:
    text = typed = text.strip()
    if not text or text == "now":
        return now if text else None
    here = now.astimezone(zone)
    day, _, clock = text.partition(" ")
    if day in _DAYS_AGO:
        text = f"{here.date() - timedelta(days=_DAYS_AGO[day])} {clock.strip() or '00:00'}"
    elif re.fullmatch(r"\d\d?:\d\d(:\d\d)?", text):
        text = f"{here.date()} {text.zfill(5)}"
    try:
        when = datetime.fromisoformat(text)
        if when.tzinfo is None:
            when = when.replace(tzinfo=zone) if zone is not None else when.astimezone()
        when = when.astimezone(UTC)
    except (ValueError, OverflowError):
        right = f"write {here:%Y-%m-%d}, {here:%Y-%m-%d %H:%M}, 14:00 or yesterday 14:00"
        raise RangeFault(f"{quoted(typed)} is no time; {right}") from None
    if not FIRST <= when <= LAST:
        raise RangeFault(f"{quoted(typed)} is too far away: write a time in {YEARS}")
    return when


def _short(when: datetime | None, zone: tzinfo | None) -> str:
    if when is None:
        return ""
    here = when.astimezone(zone)
    return f"{here:%Y-%m-%d %H:%M:%S}" if here.second else f"{here:%Y-%m-%d %H:%M}"


def _example(now: datetime, zone: tzinfo | None) -> str:
    here = now.astimezone(zone)
    return f"{here - timedelta(days=1):%Y-%m-%d %H:%M} .. {here:%Y-%m-%d %H:%M}"
