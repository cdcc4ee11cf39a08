"""Numbers, durations, bytes and ages as short text. No colours, no Textual."""

import math
from datetime import datetime, tzinfo

from mltui.wire.base import Number, to_float

ABSENT = "–"
"""What stands where there is no value."""

_TURNING = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_SIGNS = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    0x7F: "␡",
    **dict.fromkeys((*range(0x80, 0xA0), 0x2028, 0x2029, *_TURNING), "\ufffd"),
}
"""What stands for what cannot be drawn, each one column wide."""
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def number(value: Number | None, digits: int = 4) -> str:
    """A metric's value with `digits` significant digits, never longer than `digits` + 6 characters.

    >>> number(0.0123456), number(1500.0), number(1.2e9), number("NaN"), number(-math.inf), number(None)
    ('0.01235', '1500', '1.2e9', 'NaN', '-Inf', '–')
    """
    if value is None:
        return ABSENT
    value = to_float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    text = f"{value:.{digits}g}"
    if "e" not in text:
        return text
    if 1e-4 <= abs(value) < 1e6:
        return f"{value:.0f}"
    mantissa, exponent = text.split("e")
    return f"{mantissa}e{int(exponent)}"


def printable(text: str) -> str:
    r"""A sign for each character that would move the cursor, command the terminal or turn the text around.

    >>> printable("a\nb\x1b[2J\u202e"), printable("é 日本 👩‍👧")
    ('a␊b␛[2J�', 'é 日本 👩‍👧')
    """
    return text if text.isprintable() else text.translate(_SIGNS)


def label(value: str) -> str:
    """A label's value, which is to be seen where it is empty too.

    >>> label("ingest"), label("")
    ('ingest', '""')
    """
    return value or '""'


def shortened(name: str, width: int) -> str:
    """At most `width` characters; of a long key or path, the end tells more than the beginning.

    >>> shortened("encoder/layer.11/grad_norm", 12)
    '…1/grad_norm'
    """
    return name if len(name) <= width else "…" + name[len(name) - width + 1 :]


def count(value: int | None) -> str:
    """With thousands set apart.

    >>> count(1234567)
    '1,234,567'
    """
    return ABSENT if value is None else f"{value:,}"


def percent(value: float | None) -> str:
    """Two digits at least.

    >>> percent(7.46), percent(187.6)
    ('7.5%', '188%')
    """
    if value is None:
        return ABSENT
    return f"{value:.1f}%" if abs(value) < 9.95 else f"{value:.0f}%"


def share(value: float) -> str:
    """A part of a whole, from 0 to 1. Only nothing of it is 0 %, and only all of it is 100 %.

    >>> share(5 / 12), share(0.99999), share(1.0), share(1e-9)
    ('41.7%', '99.9%', '100%', '0.1%')
    """
    rounded = round(value * 100, 1)
    return f"{min(max(rounded, 0.1), 99.9) if 0 < value < 1 else rounded:g}%"


def duration(seconds: float | None) -> str:
    """Two units at most, at most seven characters below a year.

    >>> duration(0.0123), duration(4.26), duration(75), duration(3700), duration(90000)
    ('12ms', '4.3s', '1m15s', '1h01m', '1d01h')
    """
    if seconds is None:
        return ABSENT
    if seconds < 0:
        return "-" + duration(-seconds)
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}m{whole % _MINUTE:02}s"
    if whole < _DAY:
        return f"{whole // _HOUR}h{whole % _HOUR // _MINUTE:02}m"
    return f"{whole // _DAY}d{whole % _DAY // _HOUR:02}h"


def size(count_bytes: float | None) -> str:
    """Bytes in powers of 1024.

    >>> size(512), size(1536), size(3 * 1024**3)
    ('512 B', '1.5 KiB', '3.0 GiB')
    """
    if count_bytes is None:
        return ABSENT
    value, units = float(count_bytes), iter(("B", "KiB", "MiB", "GiB", "TiB", "PiB"))
    unit = next(units)
    while abs(value) >= 1023.5 and unit != "PiB":
        value, unit = value / 1024, next(units)
    return f"{value:.0f} {unit}" if unit == "B" or abs(value) >= 99.95 else f"{value:.1f} {unit}"


def age(then: datetime | None, now: datetime) -> str:
    """How long ago, in one unit.

    >>> now = datetime(2026, 1, 2, tzinfo=UTC)
    >>> age(datetime(2026, 1, 1, 21, 30, tzinfo=UTC), now), age(now, now)
    ('2h', 'now')
    """
    if then is None:
        return ABSENT
    seconds = (now - then).total_seconds()
    if seconds < 1:
        return "now"
    for unit, length in (("y", 365 * _DAY), ("w", 7 * _DAY), ("d", _DAY), ("h", _HOUR), ("m", _MINUTE)):
        if seconds >= length:
            return f"{int(seconds // length)}{unit}"
    return f"{int(seconds)}s"


def clock(time_ns: int, zone: tzinfo | None = None) -> str:
    """Time of day with milliseconds; `zone` None is the terminal's own.

    >>> clock(1_500_000_000, UTC)
    '00:00:01.500'
    """
    moment = datetime.fromtimestamp(time_ns // 1_000_000_000, zone)
    return f"{moment:%H:%M:%S}.{time_ns // 1_000_000 % 1000:03}"


def moment(when: datetime | None, zone: tzinfo | None = None) -> str:
    """Date and time, to the second.

    >>> moment(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), UTC)
    '2026-01-02 03:04:05'
    """
    return ABSENT if when is None else f"{when.astimezone(zone):%Y-%m-%d %H:%M:%S}"
