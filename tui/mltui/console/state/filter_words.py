"""What the languages of the `/` lines have in common: words, named filters, times."""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from mltui.console.faults import Fault, quoted

F = TypeVar("F")
NamesOf = Callable[[str], Sequence[str]]
"""Names of pipelines, runs and so on that are known so far, by what one is called."""
TIMES = ("1h", "24h", "7d")
"""Worth offering; any other can be typed."""
_LENGTHS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class FilterFault(Fault):
    """What is wrong with a filter, and what would be right."""


@dataclass(frozen=True, kw_only=True)
class Language(Generic[F]):
    """What can be written on the `/` line of one list."""

    names: Mapping[str, str]
    """What each filter may be called, and what we call it."""
    examples: Mapping[str, str]
    """One of each filter, by what we call it."""
    read: Callable[[Sequence[tuple[str, str]], str, datetime], F]
    """Makes of named filters and other words what the server is asked. Raises FilterFault."""
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Those that are offered."""
    several: frozenset[str] = frozenset()
    """Filters that take more than one value, with commas."""
    named: frozenset[str] = frozenset()
    """Filters whose values are names of things that the server has, of the kind that the filter is called."""

    def parse(self, line: str, now: datetime) -> F:
        """What `line` says; words without a name are searched for together. Raises FilterFault."""
        return self.read(*read_words(line, self.names, self.examples), now)

    def fault(self, line: str, now: datetime) -> str:
        """What is wrong with `line`; empty if nothing is."""
        try:
            self.parse(line, now)
        except FilterFault as fault:
            return str(fault)
        return ""

    def completions(self, line: str, names_of: NamesOf) -> list[str]:
        """Whole lines that `line` may become: its last word, finished."""
        head, _, last = line.rpartition(" ")
        name, colon, value = last.partition(":")
        if not colon:
            known = [example.partition(":")[0] for example in self.examples.values()]
            words = [f"{name}:" for name in known if last and name.startswith(last)]
        else:
            kind = self.names.get(name.lower(), "")
            named = kind in self.named
            there = names_of(kind) if named else self.values.get(kind, ())
            done, comma, typed = value.rpartition(",") if kind in self.several else ("", "", value)
            typed = typed.lstrip("'\"")
            found = [shlex.quote(one) if named else one for one in there if one.startswith(typed)]
            words = [f"{name}:{done}{comma}{one}" for one in found]
        return [f"{head} {word}".lstrip() for word in words]


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
