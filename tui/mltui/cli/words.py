"""Words of a command line that mean more than themselves: parameters, tags, points in time."""

import argparse
import json
import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

Scalar = str | int | float | bool | None

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def add_tags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tag", type=pair, action="append", default=[], metavar="KEY=VALUE", help="a tag; may be repeated"
    )


def add_parameters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-p",
        "--parameter",
        type=pair,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter that differs from the pipeline's default; may be repeated",
    )


def tags_of(args: argparse.Namespace) -> dict[str, str]:
    return dict(args.tag)


def parameters_of(args: argparse.Namespace, defaults: dict[str, Any]) -> dict[str, Scalar]:
    """What `-p` said. Where the default is text, so is the value, whatever it looks like."""
    return {name: text if isinstance(defaults.get(name), str) else scalar(text) for name, text in args.parameter}


def pair(text: str) -> tuple[str, str]:
    """`key=value`. Raises argparse.ArgumentTypeError."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form name=value")
    return key, value


def scalar(text: str) -> Scalar:
    """A number, true, false, null or "quoted text" as JSON has them; anything else is text.

    >>> scalar("1e-3"), scalar("true"), scalar("adam"), scalar('"7"')
    (0.001, True, 'adam', '7')
    """
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if isinstance(value, list | dict) or (isinstance(value, float) and not math.isfinite(value)):
        return text
    return value  # type: ignore[no-any-return]


def moment(text: str) -> datetime:
    """`2h` (two hours ago; s, m, h, d, w) or a date or time in ISO 8601, local unless it says otherwise.

    Raises argparse.ArgumentTypeError.
    """
    if span := re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw])", text):
        return datetime.now(UTC) - timedelta(**{_UNITS[span[2]]: float(span[1])})
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 2h, 3d or 2026-01-31T12:00") from None
