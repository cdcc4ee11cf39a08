"""A metric's table as CSV (RFC 4180): times in ISO 8601 and UTC, every digit, NaN and Infinity as words."""

import csv
from datetime import UTC, datetime
from functools import lru_cache
from io import StringIO
from math import isfinite

from mltui.console.state.metric_table import Cell, Kind, MetricTable, words


def metric_csv(table: MetricTable) -> str:
    """All of `table`, with a first line of headings; what is absent is empty."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(heading.title for heading in table.headings)
    kinds = [heading.kind for heading in table.headings]
    writer.writerows(map(_written, table.cells(index), kinds) for index in range(len(table)))
    return text.getvalue()


def _written(cell: Cell, kind: Kind) -> Cell:
    """What the writer says of it: of a float every digit, of None nothing."""
    if kind == "time" and isinstance(cell, float):
        return _moment(cell)
    return words(cell) if isinstance(cell, float) and not isfinite(cell) else cell


@lru_cache(maxsize=4096)
def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
