"""What is wrong with a CSV, in words: DuckDB tells it over many lines, with advice that is for programmers."""

import re
from pathlib import Path

from mltui.ingest.fault import SourceFault
from mltui.ingest.reading import said
from mltui.ingest.source import Source
from mltui.wire.ingestion import Compression

_LINE = re.compile(r"CSV Error on Line: (\d+)")
_FILE = re.compile(r"^\s*file = (.+)$", re.MULTILINE)
_ADVICE = re.compile(r"^(Possible (fix|solution)|Column .+ is being converted as type)", re.MULTILINE | re.IGNORECASE)
UNKNOWN = ("Error when sniffing file", "state machine reached an invalid state")
TOO_LONG = "Maximum line size of"
LONGEST_ROW = "2 MB"
BEGINNING = 40
QUOTE = '"'
LOOKED_AT = 16 << 20
"""Bytes in which line ends are looked for."""


def fault_of(error: Exception, source: Source, file: str) -> SourceFault:
    """The name of the source's file, the line where it is known, and why. `file` is where it is read."""
    text = str(error)
    named = _FILE.search(text)
    name = source.names.get(named[1] if named else file, source.names[file])
    if any(words in text for words in UNKNOWN):
        return SourceFault(f"{name}: {_no_table(source, file)}")
    if TOO_LONG in text:
        # Its number is one within what was looked at.
        return SourceFault(f"{name}: a row is longer than {LONGEST_ROW}; it begins with {_row(text)!r}")
    line = _LINE.search(text)
    if line is None:
        return SourceFault(said(error, source, file))
    return SourceFault(f"{name}, line {int(line[1]):,}: {_reason(text)}")


def _row(text: str) -> str:
    return text.partition("Original Line: ")[2][:BEGINNING]


def _reason(text: str) -> str:
    """The last line before the advice: what comes above are the rows as they are."""
    advice = _ADVICE.search(text)
    lines = [line for line in text[: advice.start() if advice else None].splitlines() if line.strip()]
    return lines[-1].rstrip(".")


def _no_table(source: Source, file: str) -> str:
    if source.compression is Compression.NONE:
        with Path(file).open("rb") as opened:
            begin = opened.read(LOOKED_AT)
        if 0 < begin.count(b"\r\n") < begin.count(b"\n"):
            return r"some of its lines end in \r\n and others in \n; make them end alike"
    return "no delimiter makes columns of its lines, or their ends differ; say the delimiter, or the format"


def plain_name(name: str, file: str) -> str:
    """A name in the header of a `file` in which no quotes were found, without those that are around it all the same.

    Raises SourceFault for one that only begins with a quote: the rest of the file would be in it.
    """
    if not name.startswith(QUOTE):
        return name
    if name.count(QUOTE) == 2 and name.endswith(QUOTE):
        return name.strip(QUOTE)
    raise SourceFault(f"{file}, line 1: the column {name} begins with a quote ({QUOTE}) that is not closed where the "
                      "name ends; put quotes around whole names")  # fmt: skip
