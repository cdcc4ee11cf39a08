"""Structs and numbers that every slice shares."""

import math
import re
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Meta

T = TypeVar("T")

Number = float | str
"""A float, or in JSON one of "NaN", "Infinity", "-Infinity": JSON has no other word for them."""

_NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


_TOO_LARGE = "Number out of range"
_PATTERNS: dict[str, str] = {}
_REGEX = re.compile(r"Expected `str` matching regex ('(?:[^'\\]|\\.)*')")
_KINDS = {
    "str": "text", "int": "a whole number", "float": "a number", "bool": "true or false", "object": "an object",
    "array": "a list", "null": "null",
}  # fmt: skip
"""What people call the kinds of JSON."""
_KIND = re.compile(r"Expected `([\w |]+)`(?:, got `(\w+)`)?")
_LENGTH = re.compile(r"Expected `(\w+)` of length (<=|>=) (\d+)")


def text(pattern: str, words: str, **limits: Any) -> Meta:
    """What a text must look like, and the same in words: a regular expression explains nothing to most people."""
    # Alone, `$` lets a line break at the end pass; so written, it means the same in a JSON schema.
    pattern = pattern.removesuffix("$") + "$(?!\\n)" if pattern.endswith("$") else pattern
    _PATTERNS[repr(pattern)] = words
    return Meta(pattern=pattern, description=words, **limits)


def in_words(message: str) -> str:
    r"""A message of msgspec's with words in place of patterns and of limits.

    >>> _ = text(r"^a+$", "only the letter a")
    >>> in_words(r"Expected `str` matching regex '^a+$(?!\\n)' - at `$.name`")
    'only the letter a - at `$.name`'
    >>> in_words("Expected `str` of length <= 200 - at `$.name`")
    'it may have at most 200 characters - at `$.name`'
    >>> in_words("Expected `int | null`, got `str` - at `$.retries`"), in_words("Expected `int` >= 0")
    ('it must be a whole number or null, not text - at `$.retries`', 'it must be a whole number >= 0')
    """
    message = _LENGTH.sub(_length, message)
    message = message.replace(_TOO_LARGE, f'{_TOO_LARGE}: a float ends at 1.8e308, and what is infinite is "Infinity"')
    message = _REGEX.sub(lambda found: _PATTERNS.get(found[1], found[1]), message)
    return _KIND.sub(_kinds, message)


def _kinds(found: re.Match[str]) -> str:
    *some, last = (_KINDS.get(kind, kind) for kind in found[1].split(" | "))
    either = f"{', '.join(some)} or {last}" if some else last
    return f"it must be {either}" + (f", not {_KINDS.get(found[2], found[2])}" if found[2] else "")


def _length(found: re.Match[str]) -> str:
    if found[2] == ">=" and found[3] == "1":
        return "it must not be empty"
    of = "characters" if found[1] == "str" else "bytes" if found[1] == "bytes" else "entries"
    return f"it {'may have at most' if found[2] == '<=' else 'must have at least'} {found[3]} {of}"


class Request(msgspec.Struct, forbid_unknown_fields=True):
    """A body that a client sends."""


class Answer(msgspec.Struct):
    """A body that the server sends."""


class Page(Answer, Generic[T], kw_only=True):
    """One page of a list.

    `next` is the cursor of the following page, None on the last one. `total`
    counts everything that matches the filters, on whichever page.
    """

    items: list[T]
    next: str | None = None
    total: int | None = None


class Problem(Answer, kw_only=True):
    """An error as RFC 9457 has it: what was wrong, where, what would be right."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str = ""
    request_id: str = ""
    errors: list[dict[str, Any]] = []
    """One entry a fault, where there can be several: {"path": "$.stages[1].name", "message": …}."""


def to_number(value: float) -> Number:
    """A float as JSON can carry it.

    >>> to_number(float("nan")), to_number(1.5)
    ('NaN', 1.5)
    """
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def to_float(value: Number) -> float:
    """The reverse of `to_number`. Raises ValueError for any other string."""
    if isinstance(value, str):
        try:
            return _NON_FINITE[value]
        except KeyError:
            raise ValueError(f"{value!r} is not a number; write a number, NaN, Infinity or -Infinity") from None
    return float(value)
