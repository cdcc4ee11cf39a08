"""Which texts a type holds as they are written. DuckDB's casts round, cut and drop in silence: 2.5 is 3 as a BIGINT."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mltui.ingest.reading import STORED, literal, quoted
from mltui.wire.ingestion import ReadOptions
from mltui.wire.sql_types import canonical

WIDER = {
    # HUGEINT itself is written to Parquet as DOUBLE.
    "HUGEINT": ("UBIGINT", "DECIMAL(38, 0)"),
    "TIMESTAMP": ("TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMPTZ"),
}
TEXTS = ("VARCHAR", "JSON")
WHOLE_DIGITS = {"FLOAT": 6, "DOUBLE": 15}
"""So many digits of a whole number are kept for certain."""
_DAY = r"\d{4}-\d{1,2}-\d{1,2}"
_CLOCK = r"\d{1,2}:\d{2}(:\d{2}(\.\d{1,%d}0*)?)?"
_ZONE = r"(Z|UTC|[+-]\d{2}(:?\d{2})?)"
_NO_NUMBER = r"[+-]?(nan|inf|infinity)"
_OTHERS = (("0", "0/"), ("-1", "-:"), ("-0", "-0/"))
"""What is behind a first 0 comes before the digits: a point, or nothing. Behind 9 comes the colon."""
_PATTERNS = {
    "BOOLEAN": "true|false|t|f|yes|no|y|n",
    "DATE": _DAY,
    "TIME": _CLOCK % 6,
    "TIMESTAMP": rf"{_DAY}([ T]{_CLOCK % 6})?",
    "TIMESTAMP_NS": rf"{_DAY}([ T]{_CLOCK % 9})?",
    "TIMESTAMPTZ": rf"{_DAY}[ T]{_CLOCK % 6} ?{_ZONE}",
}
_INTEGER = re.compile(r"U?(TINYINT|SMALLINT|INTEGER|BIGINT)")
_DECIMAL = re.compile(r"DECIMAL\(\d+, ?(\d+)\)")


class Held(NamedTuple):
    """The value that a text is, and what says that it stays as it is written; all in SQL."""

    value: str
    same: Sequence[str]
    """It is as most are, which is seen faster than whether it fits a pattern: written again, it is the same text."""
    fits: str


def kept(text: str, written: str, form: str | None = None) -> str:
    """SQL of the value of type `written` that the text `text`, in SQL, is; NULL where it would not stay as it is.

    `form` is that of dates, as strptime has it.
    """
    value, same, fits = _held(text, canonical(written), form)
    return f"CASE {_first(same, value)} WHEN {fits} THEN {value} END"


def kept_or_error(text: str, written: str, form: str | None = None) -> str:
    """One CASE: what stands in several, DuckDB works out several times."""
    if canonical(written) == "VARCHAR":
        return text
    value, same, fits = _held(text, canonical(written), form)
    return (f"CASE {_first(same, value)} WHEN {text} IS NULL THEN NULL "
            f"WHEN {fits} AND {value} IS NOT NULL THEN {value} ELSE error({text}) END")  # fmt: skip


def _first(same: Sequence[str], value: str) -> str:
    return " ".join(f"WHEN {one} THEN {value}" for one in same)


def replaced(types: Mapping[str, str], options: ReadOptions) -> str:
    """What gives columns their `types`, behind `SELECT *`; an error where a value would not stay as it is."""
    casts = [
        f"{kept_or_error(f'CAST({quoted(name)} AS VARCHAR)', kind)} AS {quoted(name)}"
        for name, kind in types.items() if name in options.types or kind in STORED.values()
    ]  # fmt: skip
    return f"REPLACE ({', '.join(casts)})" if casts else ""


def _held(text: str, kind: str, form: str | None) -> Held:
    if form is not None:
        value = f"CAST(try_strptime({text}, {literal(form)}) AS {kind})"
        return Held(value, [f"{value} IS NOT NULL"], "false")
    cast = f"TRY_CAST({text} AS {kind})"
    if kind in TEXTS:
        return Held(cast, [f"{cast} IS NOT NULL"], "false")
    if kind in WHOLE_DIGITS:
        return Held(cast, _plain_floats(text, kind, cast), _float(text, kind, cast))
    pattern = _pattern(kind)
    fits = f"{_squeezed(cast)} = {_squeezed(text)}" if pattern is None else _is(text, pattern)
    return Held(cast, [f"CAST({cast} AS VARCHAR) = {text}"], fits)


def _pattern(kind: str) -> str | None:
    decimal = _DECIMAL.fullmatch(kind)
    if decimal or _INTEGER.fullmatch(kind):
        # A number that is written otherwise, as +5 or 5.0, is the same number; one with zeros in front is a text.
        return rf"[+-]?(0|[1-9]\d*)?(\.\d{{0,{decimal[1] if decimal else 0}}}0*)?"
    return _PATTERNS.get(kind)


def _plain_floats(text: str, kind: str, cast: str) -> Sequence[str]:
    """To write a float again takes longer than all of this. What comes first in a CASE is worked out once.

    A number from 1 on is most likely, and is told by one comparison; others have 0 or a minus in front.
    """
    others = " OR ".join(f"{text} BETWEEN '{least}' AND '{end}'" for least, end in _OTHERS)
    return [
        f"(abs({cast}) < 1e{WHOLE_DIGITS[kind]} AND {front} AND NOT contains({text}, '_'))"
        for front in (f"{text} >= '1'", f"({others})")
    ]


def _float(text: str, kind: str, cast: str) -> str:
    whole = rf"0|[1-9]\d{{0,{WHOLE_DIGITS[kind] - 1}}}"
    number = rf"[+-]?({whole}|(0|[1-9]\d*)?(\.\d*(e[+-]?\d+)?|e[+-]?\d+))"
    # What is too large becomes infinite.
    return f"({_is(text, number)} AND isfinite({cast}) OR {_is(text, _NO_NUMBER)})"


def _is(text: str, pattern: str) -> str:
    padded = literal(rf"\s*({pattern})\s*")
    return f"regexp_full_match({text}, {padded}, 'i')"


def _squeezed(text: str) -> str:
    return f"lower(replace(CAST({text} AS VARCHAR), ' ', ''))"


def candidates(guessed: str) -> Sequence[str]:
    """The types to try for a column that looks like `guessed`, the best first; VARCHAR holds what none of them does."""
    return WIDER.get(guessed, (guessed,))
