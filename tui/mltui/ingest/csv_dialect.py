"""How a CSV is written: delimiter, quotes, header, and what its first rows look like."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from mltui.ingest.csv_faults import QUOTE, fault_of, plain_name
from mltui.ingest.fault import SourceFault
from mltui.ingest.reading import arguments, literal, packed
from mltui.ingest.source import Source
from mltui.wire.ingestion import ReadOptions, SourceFormat

SNIFFED = "Delimiter, Quote, Escape, SkipRows, HasHeader, Columns, DateFormat, TimestampFormat"
NUMBERS = ("BIGINT", "HUGEINT", "DOUBLE")
NOTHING = "(empty)"


@dataclass(frozen=True)
class Dialect:
    delimiter: str
    quote: str
    escape: str
    skip: int
    """Lines above the header."""
    header: bool
    columns: dict[str, str]
    """Types by name, in order."""
    date: str | None
    timestamp: str | None


def sniff(connection: duckdb.DuckDBPyConnection, source: Source, options: ReadOptions, file: str) -> Dialect:
    """How a file is written. Raises SourceFault for what is no table."""
    # With its bad rows left out: otherwise a row too long makes DuckDB take all of each line for one column.
    delimiter = options.delimiter or ("\t" if source.format is SourceFormat.TSV else None)
    known = arguments(delim=delimiter, header=options.header, compression=packed(source),
                      encoding=source.encoding)  # fmt: skip
    query = f"SELECT {SNIFFED} FROM sniff_csv({literal(file)}, ignore_errors = true{known})"
    try:
        row = connection.execute(query).fetchone()
    except duckdb.Error as error:
        raise fault_of(error, source, file) from None
    assert row is not None
    found, quote, escape, skip, header, columns, date, timestamp = row
    types = {column["name"]: column["type"] for column in columns}
    if header and quote == NOTHING:
        types = {plain_name(name, source.names[file]): kind for name, kind in types.items()}
    return Dialect(
        delimiter=delimiter or found,
        # It is found only where one of the first rows has it; a later one may all the same.
        quote=QUOTE if quote == NOTHING else quote,
        escape=QUOTE if escape == NOTHING else escape,
        skip=skip,
        header=header,
        columns=types,
        date=date,
        timestamp=timestamp,
    )


def common_columns(source: Source, dialects: Sequence[Dialect]) -> dict[str, str]:
    """Columns, of types that hold what every file begins with. Raises SourceFault where the names differ."""
    columns = dict(dialects[0].columns)
    for file, dialect in zip(map(str, source.files), dialects, strict=True):
        if list(dialect.columns) != list(columns):
            raise SourceFault(f"{source.names[file]} has other columns than "
                              f"{source.names[str(source.files[0])]}: {', '.join(dialect.columns)}")  # fmt: skip
        columns = {name: _wider(kind, dialect.columns[name]) for name, kind in columns.items()}
    return columns


def _wider(one: str, other: str) -> str:
    if one == other:
        return one
    return max(one, other, key=NUMBERS.index) if {one, other} <= set(NUMBERS) else "VARCHAR"
