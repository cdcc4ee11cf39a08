"""What the languages of the `/` lines have in common: words, named filters, times."""

import re
import shlex
from collections.abc import Mapping
from datetime import datetime, timedelta

from mltui.console.faults import Fault, quoted

_LENGTHS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class FilterFault(Fault):
    """What is wrong with a filter, and what would be right."""


def read_words(line: str, names: Mapping[str, str], examples: Mapping[str, str]) -> tuple[list[tuple[str, str]], str]:
    """The named filters as (what `names` calls it, value), and the other words. Raises FilterFault.

    `examples` has one of each filter, by what `names` calls it.
    """
    filters, text = [], []
    for word in _words(line):
        name, colon, value = word.partition(":")
        known = names.get(name.lower(), "")
        if not colon:
            text.append(word)
        elif not known:
            there = ", ".join(example.partition(":")[0] for example in examples.values())
            raise FilterFault(f"no filter {quoted(name)}; there are {there}")
        elif not value:
            raise FilterFault(f"{name}: needs a value, as in {examples[known]}")
        else:
            filters.append((known, value))
    return filters, " ".join(text)


def moment(text: str, now: datetime) -> datetime:
    """`30m`, `24h`, `7d` before `now`, or a date. Raises FilterFault."""
    try:
        if match := re.fullmatch(r"(\d{1,9})([smhdw])", text):
            return now - timedelta(**{_LENGTHS[match[2]]: int(match[1])})
        when = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise FilterFault(f"{quoted(text)} is no time; write 30m, 24h, 7d or {now:%Y-%m-%d}") from None
    return when if when.tzinfo else when.astimezone()


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.replace('"', " ").replace("'", " ").split()  # A quote is still open: someone is typing.
