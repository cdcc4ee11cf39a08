"""What is in a table: rows, and of each column nulls, least, greatest and how many different; and its first rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from mltui.ingest.reading import literal, quoted
from mltui.wire.base import to_number
from mltui.wire.datasets import ColumnProfile, ColumnSchema, Profile, Schema

SAMPLE_ROWS, SAMPLE_BYTES = 20, 16 << 10
LONGEST_TEXT = 200
LARGEST_INTEGER = 2**53
"""Beyond that, not everybody who reads JSON has the same number."""
NOT_COMPARED = ("STRUCT", "MAP", "UNION", "VARIANT", "JSON", "BLOB", "BIT", "GEOMETRY")

ZONED = "WITH TIME ZONE"


@dataclass(frozen=True)
class Profiled:
    row_count: int
    schema: Schema
    profile: Profile


def profile_of(connection: duckdb.DuckDBPyConnection, table: Path) -> Profiled:
    rows = f"read_parquet({literal(str(table))})"
    described = connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()
    columns = [ColumnSchema(row[0], row[1]) for row in described]
    measures = ", ".join(measure for column in columns for measure in _measures(column))
    found = connection.execute(f"SELECT count(*), {measures} FROM {rows}").fetchone()
    assert found is not None
    count, values = found[0], found[1:]
    profiles = [_profile(column, count, values[4 * at : 4 * at + 4]) for at, column in enumerate(columns)]
    shown = ", ".join(_shown(quoted(column.name), column) for column in columns)
    sample = connection.execute(f"SELECT {shown} FROM {rows} LIMIT {SAMPLE_ROWS}").fetchall()
    return Profiled(count, Schema(columns), Profile(profiles, _bounded([[_plain(v) for v in row] for row in sample])))


def _measures(column: ColumnSchema) -> Sequence[str]:
    name = quoted(column.name)
    compared = not column.type.startswith(NOT_COMPARED) and "[" not in column.type
    ends = (_shown(f"min({name})", column), _shown(f"max({name})", column)) if compared else ("NULL", "NULL")
    return (f"count({name})", f"approx_count_distinct({name})", *ends)


def _shown(value: str, column: ColumnSchema) -> str:
    # Python's values of such types need pytz.
    return f"CAST({value} AS VARCHAR)" if ZONED in column.type else value


def _profile(column: ColumnSchema, rows: int, values: Sequence[Any]) -> ColumnProfile:
    there, distinct, least, greatest = values
    return ColumnProfile(
        name=column.name, nulls=rows - there, distinct=min(distinct, there), min=_plain(least), max=_plain(greatest)
    )


def _bounded(rows: list[list[Any]]) -> list[list[Any]]:
    kept: list[list[Any]] = []
    size = 0
    for row in rows:
        size += len(msgspec.json.encode(row))
        if size > SAMPLE_BYTES:
            break
        kept.append(row)
    return kept


def _plain(value: Any) -> Any:
    """As JSON and Postgres can hold it; what they have no word for, as text."""
    match value:
        case None | bool():
            return value
        case int() if abs(value) <= LARGEST_INTEGER:
            return value
        case float():
            return to_number(value)
        case _:
            text = str(value).replace("\0", "␀").encode(errors="replace").decode()
            return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
