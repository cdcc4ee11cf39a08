"""The statements of DuckDBStore. What is put into them are numbers of ours, never a client's text.

`sealed` keeps samples in chunks: neighbours that are in one cell of either axis, with the statistics of each in
`chunk`, and of those that are in one of FAN_OUT times the size together in `roll`. Cells are powers of two, as borders
are: exact buckets need the chunks of those rolls only that are larger than a bucket or lie across a bound, and the
samples of those chunks only that do.
"""

from collections.abc import Iterable

from mltui_server.samples.grid import Grid, StoreAxis, whole_bounds
from mltui_server.samples.store import Selection

CHUNK_ROWS = 256
"""At most, of evenly spaced samples; half of it at least."""
FAN_OUT = 16
WIDEST = 2**58
"""Of cells, so that FAN_OUT times as much is a number still."""
NANO_RANGE = 2**64
"""One more than any time: (step, time) as one HUGEINT sorts the same, and 2.5 times as fast as a struct."""
SCALE = 2.0**40
"""Sums of finite doubles can overflow; scaled by a power of two they do not, and lose nothing."""

STATISTICS = """
    samples BIGINT NOT NULL, finite BIGINT NOT NULL,
    time_low BIGINT NOT NULL, time_high BIGINT NOT NULL, step_low BIGINT, step_high BIGINT, ordered BOOLEAN NOT NULL,
    min DOUBLE, max DOUBLE, total DOUBLE, first DOUBLE, first_time BIGINT, first_step BIGINT,
    last DOUBLE, last_time BIGINT, last_step BIGINT"""
"""`ordered`: every sample has a step and none goes back, so that the order by step is the order by time."""

SCHEMA = f"""
CREATE TABLE IF NOT EXISTS series (id INTEGER NOT NULL, run UUID NOT NULL, key VARCHAR NOT NULL);
CREATE TABLE IF NOT EXISTS recent (series INTEGER NOT NULL, time BIGINT NOT NULL, step BIGINT, value DOUBLE NOT NULL);
CREATE TABLE IF NOT EXISTS sealed (
    series INTEGER NOT NULL, time BIGINT NOT NULL, step BIGINT, value DOUBLE NOT NULL, chunk BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS chunk (
    series INTEGER NOT NULL, roll BIGINT NOT NULL, chunk BIGINT NOT NULL, {STATISTICS});
CREATE TABLE IF NOT EXISTS roll (series INTEGER NOT NULL, roll BIGINT NOT NULL, {STATISTICS});
CREATE TABLE IF NOT EXISTS applied (ids BLOB NOT NULL);
INSERT INTO applied SELECT ''::BLOB WHERE NOT EXISTS (FROM applied);
"""


def seal_statements(chunk: int) -> Iterable[str]:
    """Move `recent` to `sealed`, in chunks numbered from `chunk`."""

    def cells(axis: str) -> str:
        wide = f"(max({axis}) - min({axis})) / count(*) * {CHUNK_ROWS}"
        return f"(2 ** floor(log2(least({WIDEST}, greatest(1, {wide})))))::BIGINT"

    yield (
        # Steps that go back would tear neighbours apart.
        f"CREATE OR REPLACE TEMP TABLE cell AS SELECT series, {cells('time')} AS time_cell, "
        f"CASE WHEN bool_and(step >= before) AND count(step) = count(*) THEN {cells('step')} ELSE {WIDEST} END "
        "AS step_cell FROM (SELECT *, lag(step) OVER (PARTITION BY series ORDER BY time) AS before FROM recent) "
        "GROUP BY series"
    )
    yield (
        f"INSERT INTO sealed SELECT series, time, step, value, {chunk} - 1 + dense_rank() OVER "
        "(ORDER BY series, time // time_cell, step // step_cell) FROM recent JOIN cell USING (series) "
        "ORDER BY series, time"
    )
    yield (
        "INSERT INTO chunk SELECT series, min(chunk) OVER (PARTITION BY series, "
        f"time_low // (time_cell * {FAN_OUT}), step_low // (step_cell * {FAN_OUT})), * "
        "EXCLUDE (series, time_cell, step_cell) FROM (SELECT series, chunk, count(*), count(v), "
        "min(time) AS time_low, max(time), min(step) AS step_low, max(step), "
        "coalesce(bool_and(step >= before), true) AND count(step) = count(*), "
        f"min(v), max(v), sum(v / {SCALE}::DOUBLE), "
        "arg_min(v, time), min(time) FILTER (v IS NOT NULL), arg_min(step, time) FILTER (v IS NOT NULL), "
        "arg_max(v, time), max(time) FILTER (v IS NOT NULL), arg_max(step, time) FILTER (v IS NOT NULL) "
        "FROM (SELECT *, CASE WHEN isfinite(value) THEN value END AS v, "
        "lag(step) OVER (PARTITION BY series, chunk ORDER BY time) AS before "
        f"FROM sealed WHERE chunk >= {chunk}) GROUP BY series, chunk) JOIN cell USING (series) ORDER BY series, chunk"
    )
    yield (
        "INSERT INTO roll SELECT series, roll, sum(samples), sum(finite), min(time_low), max(time_high), "
        "min(step_low), max(step_high), bool_and(ordered) AND coalesce(bool_and(step_low >= before), true), "
        "min(min), max(max), sum(total), arg_min(first, first_time), min(first_time), arg_min(first_step, first_time), "
        "arg_max(last, last_time), max(last_time), arg_max(last_step, last_time) "
        "FROM (SELECT *, lag(step_high) OVER (PARTITION BY series, roll ORDER BY chunk) AS before "
        f"FROM chunk WHERE chunk >= {chunk}) GROUP BY series, roll ORDER BY series, roll"
    )
    yield "DELETE FROM recent"


def bounds_statement(selection: Selection, ids: Iterable[int]) -> str:
    """First and last point of the axis."""
    axis, wanted = selection.axis, _one_of(ids)
    return (
        f"SELECT min(low), max(high) FROM (SELECT {axis}_low AS low, {axis}_high AS high FROM roll WHERE {wanted} "
        f"UNION ALL SELECT {axis}, {axis} FROM recent WHERE {wanted})"
    )


def buckets_statement(axis: StoreAxis, ids: Iterable[int], low: int, high: int, grid: Grid) -> str:
    """Rows (series, bucket, min, max, first, last, mean, count, nonfinite), ordered: of samples from low to high."""
    wanted, (width, times) = _one_of(ids), grid.ratio

    def bucket(point: str) -> str:
        return f"(({point} - {grid.start}) * {times} // {width})"

    def place(prefix: str) -> str:
        by_step = f"({prefix}step::HUGEINT * {NANO_RANGE} + {prefix}time)"
        return by_step if axis == "step" else f"{prefix}time"

    first, last = f"{axis}_low", f"{axis}_high"
    whole = f"{first} >= {low} AND {last} <= {high} AND {bucket(first)} = {bucket(last)}"
    if axis == "step":
        whole += " AND ordered"
    overlaps = f"{wanted} AND {last} >= {low} AND {first} <= {high}"
    within = f"{wanted} AND {axis} >= {low} AND {axis} <= {high}"
    columns = "series, time, step, CASE WHEN isfinite(value) THEN value END AS v"
    parts = f"""series, {bucket(first)} AS bucket, min, max, first, {place("first_")} AS first_place,
        last, {place("last_")} AS last_place, total, finite, samples"""
    return f"""
WITH rolls AS MATERIALIZED (SELECT *, {whole} AS whole FROM roll WHERE {overlaps}),
chunks AS MATERIALIZED (
    SELECT *, {whole} AS whole FROM chunk SEMI JOIN (SELECT roll FROM rolls WHERE NOT whole) AS cut USING (roll)
        WHERE {overlaps}),
single AS (
    SELECT {columns} FROM sealed SEMI JOIN (SELECT chunk FROM chunks WHERE NOT whole) AS cut USING (chunk)
        WHERE {within}
    UNION ALL SELECT {columns} FROM recent WHERE {within}),
part AS (
    SELECT {parts} FROM rolls WHERE whole
    UNION ALL SELECT {parts} FROM chunks WHERE whole
    UNION ALL
    SELECT series, {bucket(axis)}, v, v, v, {place("")}, v, {place("")}, v / {SCALE}::DOUBLE,
        (v IS NOT NULL)::BIGINT, 1 FROM single)
SELECT series, bucket, min(min), max(max), arg_min(first, first_place), arg_max(last, last_place),
    sum(total) / nullif(sum(finite), 0) * {SCALE}::DOUBLE, sum(samples)::BIGINT, (sum(samples) - sum(finite))::BIGINT
FROM part GROUP BY series, bucket ORDER BY series, bucket"""


def export_statement(selection: Selection, ids: Iterable[int]) -> str:
    """Rows (step, time, value), ordered by (axis, time)."""
    low, high = whole_bounds(selection.axis, selection.low, selection.high)
    where = f"{_one_of(ids)} AND {selection.axis} BETWEEN {low} AND {high}"
    order = "step, time" if selection.axis == "step" else "time"
    rows = (f"SELECT step, time, value FROM {table} WHERE {where}" for table in ("sealed", "recent"))
    return f"{' UNION ALL '.join(rows)} ORDER BY {order}"


def _one_of(ids: Iterable[int]) -> str:
    return f"series IN ({', '.join(map(str, ids))})"
