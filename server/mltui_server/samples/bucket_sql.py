"""The statements that DuckDBStore reads with. What is put into them are numbers of ours, never a client's text."""

from collections.abc import Iterable

from mltui_server.samples.store import Selection

NANO_RANGE = 2**64
"""One more than any time: (step, time) as one HUGEINT sorts the same, and 2.5 times as fast as a struct."""
SCALE = 2.0**40
"""Sums of finite doubles can overflow; scaled by a power of two they do not, and lose nothing."""


def bounds_statement(selection: Selection, ids: Iterable[int]) -> str:
    """First and last point of the axis."""
    return f"SELECT min({selection.axis}), max({selection.axis}) FROM ({_rows(selection, ids)})"


def buckets_statement(selection: Selection, ids: Iterable[int], low: float, high: float, count: int) -> str:
    """Rows (series, bucket, min, max, first, last, mean, count, nonfinite), ordered."""
    axis = selection.axis
    # Multiplied before divided: exact for whole numbers, so that a sample on a border falls on its right side.
    bucket = f"floor(({axis} - {_literal(low)})::DOUBLE * {count}::DOUBLE / {_literal(high - low)}::DOUBLE)"
    bucket = f"least({bucket}, {count - 1})::INTEGER" if high > low else "0"
    order = f"(step::HUGEINT * {NANO_RANGE} + time)" if axis == "step" else "time"
    rows = _rows(selection, ids)
    return (
        f"WITH finite AS (SELECT series, {bucket} AS bucket, {order} AS place, "
        f"CASE WHEN isfinite(value) THEN value END AS v FROM ({rows})) "
        "SELECT series, bucket, min(v), max(v), arg_min(v, place), arg_max(v, place), "
        f"avg(v / {SCALE}::DOUBLE) * {SCALE}::DOUBLE, count(*), count(*) - count(v) "
        "FROM finite GROUP BY series, bucket ORDER BY series, bucket"
    )


def export_statement(selection: Selection, ids: Iterable[int]) -> str:
    order = "step, time" if selection.axis == "step" else "time"
    return f"SELECT step, time, value FROM ({_rows(selection, ids)}) ORDER BY {order}"


def _rows(selection: Selection, ids: Iterable[int]) -> str:
    conditions = [f"series IN ({', '.join(map(str, ids))})", f"{selection.axis} IS NOT NULL"]
    if selection.low is not None:
        conditions.append(f"{selection.axis} >= {_literal(selection.low)}")
    if selection.high is not None:
        conditions.append(f"{selection.axis} <= {_literal(selection.high)}")
    where = " AND ".join(conditions)
    return " UNION ALL ".join(f"SELECT * FROM {table} WHERE {where}" for table in ("sealed", "recent"))


def _literal(number: float) -> str:
    return str(number) if isinstance(number, int) else f"{number!r}::DOUBLE"
