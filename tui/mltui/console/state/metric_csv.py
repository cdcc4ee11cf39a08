"""A metric's table as CSV (RFC 4180): times in ISO 8601 and UTC, every digit, NaN and Infinity as words."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO

from mltui.console.state.metric_table import Cell, Kind, MetricTable, words


def metric_csv(table: MetricTable) -> str:
    """All of `table`, with a first line of headings; what is absent is empty."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(heading.title for heading in table.headings)
    kinds = [heading.kind for heading in table.headings]
    writer.writerows(_line(table.cells(index), kinds) for index in range(len(table)))
    return text.getvalue()


def _line(cells: tuple[Cell, ...], kinds: list[Kind]) -> Iterator[str]:
    for cell, kind in zip(cells, kinds, strict=True):
        if cell is None or isinstance(cell, str):
            yield cell or ""
        else:
            yield datetime.fromtimestamp(cell, UTC).isoformat() if kind == "time" else words(cell)
