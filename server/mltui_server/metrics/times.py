"""Points in time as queries name them."""

import re
from datetime import UTC, datetime

from mltui_server.lib.errors import Invalid
from mltui_server.samples.batch import MAX_TIME
from mltui_server.samples.queries import nanoseconds

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_RELATIVE = re.compile(r"-(\d{1,9}(?:\.\d{1,9})?)([smhdw])")
_ISO = re.compile(r"(\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?)(?:(?<=:\d\d)[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?")
RIGHT = "write it as 2026-01-31T12:00:00Z (+ in an address is %2B), or relative to now: -90s, -30m, -6h, -7d, -2w, now"


def parse_time(text: str, name: str, now: int) -> int:
    """Nanoseconds since 1970. `name`: of the parameter. A time without a zone is UTC. Raises Invalid.

    >>> parse_time("1970-01-01T00:00:01.000000002Z", "start_time", 0)
    1000000002
    >>> parse_time("-2m", "start_time", 180 * 10**9)
    60000000000
    """
    if text == "now":
        return now
    if found := _RELATIVE.fullmatch(text):
        return max(0, now - round(float(found[1]) * UNITS[found[2]] * 10**9))
    try:
        time = _iso(text)
    except ValueError:
        raise Invalid(f"{name}={text!r} is not a time; {RIGHT}") from None
    if not 0 <= time <= MAX_TIME:
        raise Invalid(f"{name}={text!r} is out of range: 1970 to 2200")
    return time


def _iso(text: str) -> int:
    if not (found := _ISO.fullmatch(text)):
        raise ValueError
    whole, fraction, zone = found.groups()
    moment = datetime.fromisoformat(whole + (zone or "+00:00"))
    return nanoseconds(moment.astimezone(UTC)) + int((fraction or "").ljust(9, "0"))


def iso(time: int) -> str:
    """As answers write it: UTC, with as many digits as there are.

    >>> iso(1_000_000_500), iso(0)
    ('1970-01-01T00:00:01.0000005Z', '1970-01-01T00:00:00Z')
    """
    seconds, fraction = divmod(time, 10**9)
    digits = f".{fraction:09}".rstrip("0") if fraction else ""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}{digits}Z"
