"""How DuckDB reads a source: a query of its rows, and where its bad ones are."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from mltui.ingest.fault import SourceFault
from mltui.ingest.source import Source
from mltui.wire.ingestion import BadRows, Compression, ReadOptions

LONGEST_TEXT = 1000
NO_FILE = "No files found that match the pattern"
STORED = {'"NULL"': "VARCHAR", "HUGEINT": "DECIMAL(38, 0)", "UHUGEINT": "DECIMAL(38, 0)"}
"""What columns become whose types Parquet does not have: those without a value, and numbers it would have as DOUBLE."""


@dataclass(frozen=True)
class BadRow:
    file: str
    line: int
    column: str
    reason: str
    text: str
    """The row as it is, cut; empty where that is not known."""
    unit: str = "line"
    """What is counted: lines, or elements of an array. From 1."""

    def __str__(self) -> str:
        column = f", column {self.column!r}" if self.column else ""
        return f"{self.file}, {self.unit} {self.line:,}{column}: {self.reason}"


class Reading(ABC):
    """One of a kind of source. `query` has its rows."""

    query: str

    def __init__(self, connection: duckdb.DuckDBPyConnection, source: Source, options: ReadOptions) -> None:
        """Looks at the beginnings of the files. Raises SourceFault, or duckdb.Error for what is no such file."""
        self.connection, self.source, self.options = connection, source, options
        self.files = [str(file) for file in source.files]
        self.set_aside = options.bad_rows is BadRows.SET_ASIDE

    @abstractmethod
    def bad_rows(self, limit: int) -> list[BadRow]:
        """Those that the query left out, at most `limit`, once it has run. Raises SourceFault."""

    def check_written(self, rows: int) -> None:  # noqa: B027 - most kinds have nothing to say
        """Raises SourceFault where the query cannot have had so few rows."""

    @abstractmethod
    def fault(self, error: duckdb.Error) -> SourceFault:
        """Why the query failed, in words."""


def quoted(name: str) -> str:
    """A name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: Any) -> str:
    """A value in SQL, of lists and mappings as well."""
    match value:
        case bool() | int():
            return str(value).lower()
        case str():
            return "'" + value.replace("'", "''") + "'"
        case Mapping():
            return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
        case _:
            return "[" + ", ".join(map(literal, value)) + "]"


def arguments(**values: Any) -> str:
    """Named arguments of a function; None is left out."""
    return "".join(f", {name} = {literal(value)}" for name, value in values.items() if value is not None)


def check_columns(types: Mapping[str, str], columns: Iterable[str]) -> None:
    """Raises SourceFault for a column in the options' `types` that there is not."""
    known = list(columns)
    if unknown := next((name for name in types if name not in known), None):
        raise SourceFault(f"there is no column {unknown!r} to give a type to; there are {', '.join(known)}")


def types_of(connection: duckdb.DuckDBPyConnection, table: str, options: ReadOptions) -> dict[str, str]:
    """Columns with the types that they are to have. Raises SourceFault, or duckdb.Error for what is no table."""
    described = connection.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()
    types = {row[0]: STORED.get(row[1], row[1]) for row in described}
    check_columns(options.types, types)
    return types | options.types


def packed(source: Source) -> str | None:
    """As DuckDB calls it."""
    return None if source.compression is Compression.NONE else source.compression.value


def said(error: Exception, source: Source, file: str) -> str:
    """What DuckDB says, without the kind of error in front and advice below; files are called as people know them."""
    line = str(error).partition("\n")[0]
    line = (line.partition("Error: ")[2] or line).rstrip(". ")
    for link, name in source.names.items():
        line = line.replace(link, name)
    name = source.names[file]
    if line.startswith(NO_FILE):
        return gone(name)
    return line if name in line else f"{name}: {line}"


def gone(name: str) -> str:
    """A file that was there when the job began."""
    return f"{name} went away while it was read; retry the job once it is back"
