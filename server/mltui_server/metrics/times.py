"""Points in time as queries name them."""

import re
from datetime import UTC, datetime

from mltui_server.lib.errors import Invalid
from mltui_server.samples.batch import MAX_TIME
from mltui_server.samples.queries import nanoseconds

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_RELATIVE = re.compile(r"-(\d{1,9}(?:\.\d{1,9})?)([smhdw])")
_ISO = re.compile(
    r"(?P<year>\d{4,9})(?P<rest>-\d\d-\d\d(?P<clock>[Tt ]\d\d:\d\d(?P<seconds>:\d\d)?)?)"
    r"(?(seconds)(?:[.,](?P<fraction>\d{1,9}))?)(?(clock)(?P<zone>[Zz]|[+-]\d\d:?\d\d)?)"
)
YEARS = range(1969, 2202)
"""What may be between 1970 and 2200 in some zone."""


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
        return iso_time(text, " (+ in an address is %2B), or relative to now: -90s, -30m, -6h, -7d, -2w, now")
    except ValueError as error:
        raise Invalid(f"{name}={error}") from None


def iso_time(text: str, otherwise: str) -> int:
    """Nanoseconds since 1970. A date alone is its midnight; what names no zone is UTC.

    Raises ValueError, which says how to write it; `otherwise`: or how else.
    """
    if not (found := _ISO.fullmatch(text)):
        raise _no_time(text, otherwise)
    time = -1
    if int(found["year"]) in YEARS:
        try:
            moment = datetime.fromisoformat(found["year"] + found["rest"] + (found["zone"] or "").upper())
        except ValueError:
            raise _no_time(text, otherwise) from None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        time = nanoseconds(moment) + int((found["fraction"] or "").ljust(9, "0"))
    if not 0 <= time <= MAX_TIME:
        raise ValueError(f"{text!r} is out of range: 1970 to 2200")
    return time


def _no_time(text: str, otherwise: str) -> ValueError:
    return ValueError(f"{text!r} is not a time; write it as 2026-01-31T12:00:00Z{otherwise}")


def iso(time: int) -> str:
    """As answers write it: UTC, with as many digits as there are.

    >>> iso(1_000_000_500), iso(0)
    ('1970-01-01T00:00:01.0000005Z', '1970-01-01T00:00:00Z')
    """
    seconds, fraction = divmod(time, 10**9)
    digits = f".{fraction:09}".rstrip("0") if fraction else ""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}{digits}Z"
