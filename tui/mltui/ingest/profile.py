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
    count, counts = _counts(connection, rows, columns)
    ends = _ends(connection, rows, columns)
    profiles = [
        _profile(column, count, *counts[column.name], *ends.get(column.name, (None, None))) for column in columns
    ]
    shown = ", ".join(_shown(quoted(column.name), column) for column in columns)
    sample = connection.execute(f"SELECT {shown} FROM {rows} LIMIT {SAMPLE_ROWS}").fetchall()
    return Profiled(count, Schema(columns), Profile(profiles, _bounded([[_plain(v) for v in row] for row in sample])))


def _counts(
    connection: duckdb.DuckDBPyConnection, rows: str, columns: Sequence[ColumnSchema]
) -> tuple[int, dict[str, tuple[int, int]]]:
    """Rows; and of each column values that are there, and how many are different."""
    names = [quoted(column.name) for column in columns]
    asked = ", ".join(f"count({name}), approx_count_distinct({name})" for name in names)
    [(count, *found)] = connection.execute(f"SELECT count(*), {asked} FROM {rows}").fetchall()
    return count, {column.name: (found[2 * at], found[2 * at + 1]) for at, column in enumerate(columns)}


def _ends(
    connection: duckdb.DuckDBPyConnection, rows: str, columns: Sequence[ColumnSchema]
) -> dict[str, tuple[Any, Any]]:
    """Least and greatest of each column that has an order.

    Asked type by type, and nothing else with it: DuckDB answers from the statistics in the file where these are exact
    for every column that it is asked of, and reads all of these columns where they are not, as with NaN or long texts.
    """
    ends: dict[str, tuple[Any, Any]] = {}
    for kind in dict.fromkeys(column.type for column in columns if _is_ordered(column)):
        alike = [column for column in columns if column.type == kind]
        asked = ", ".join(_shown(f"{end}({quoted(column.name)})", column) for column in alike for end in ("min", "max"))
        [found] = connection.execute(f"SELECT {asked} FROM {rows}").fetchall()
        ends |= {column.name: (found[2 * at], found[2 * at + 1]) for at, column in enumerate(alike)}
    return ends


def _is_ordered(column: ColumnSchema) -> bool:
    return not column.type.startswith(NOT_COMPARED) and "[" not in column.type


def _shown(value: str, column: ColumnSchema) -> str:
    # Python's values of such types need pytz.
    return f"CAST({value} AS VARCHAR)" if ZONED in column.type else value


def _profile(column: ColumnSchema, rows: int, there: int, distinct: int, least: Any, greatest: Any) -> ColumnProfile:
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
