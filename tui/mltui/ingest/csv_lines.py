"""On which line of its file a row of CSV stands: DuckDB tells that of rows which it cannot read, not of others."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import duckdb

from mltui.ingest.reading import literal

# Each line as one text, whatever it has in it.
LINES = """
read_csv({file}, auto_detect = false, columns = {{'line': 'VARCHAR'}}, delim = e'\\x01', quote = '', escape = '',
  header = false, strict_mode = false{more})"""
# From inside: the lines of the file, of these the ones where a row begins, of these the rows that were read.
_PLACES = """
SELECT row, number, line FROM (
  SELECT row_number() OVER () AS row, number, line FROM (
    SELECT row_number() OVER () AS place, number, line FROM (
      SELECT row_number() OVER () AS number, line, {inside} AS inside FROM {lines})
    WHERE NOT inside)
  WHERE place > {above} AND place NOT IN {refused} AND (line IS NOT NULL OR {empty_too}))
WHERE row IN {rows}"""
# Above a line that goes on with a value of the one before it, there is an odd number of quotes.
_INSIDE = """
coalesce(sum(length(line) - length(replace(line, {quote}, ''))) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
  0) % 2 = 1"""


@dataclass(frozen=True)
class Layout:
    """What a file has beside the rows that are read."""

    above: int
    """Lines before the first row."""
    refused: Sequence[int]
    """Lines of rows that were refused."""
    empty_too: bool
    """Whether an empty line is a row: in one column it is a value."""
    quote: str | None
    """What values with line breaks are quoted with; None where there are none."""


def places(
    connection: duckdb.DuckDBPyConnection, lines: str, layout: Layout, rows: Collection[int]
) -> dict[int, tuple[int, str]]:
    """Of rows, counted from 1: line and text. `lines` is LINES of the file."""
    found = connection.execute(
        _PLACES.format(
            inside="false" if layout.quote is None else _INSIDE.format(quote=literal(layout.quote)),
            lines=lines, above=layout.above, refused=_in(layout.refused), empty_too=literal(layout.empty_too),
            rows=_in(rows),
        )
    ).fetchall()  # fmt: skip
    return {row: (number, line or "") for row, number, line in found}


def _in(numbers: Collection[int]) -> str:
    return f"({', '.join(map(str, numbers or [-1]))})"
