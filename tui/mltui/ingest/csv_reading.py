"""CSV and TSV."""

import re
from dataclasses import dataclass
from typing import Any

import duckdb

from mltui.ingest.fault import SourceFault
from mltui.ingest.reading import LONGEST_TEXT, BadRow, Reading, arguments, check_columns, first_line, literal, packed
from mltui.ingest.source import Source
from mltui.wire.ingestion import ReadOptions, SourceFormat

SNIFFED = "Delimiter, Quote, Escape, HasHeader, Columns, DateFormat, TimestampFormat"
NUMBERS = {"BIGINT", "DOUBLE"}
NOTHING = "(empty)"
_LINE = re.compile(r"CSV Error on Line: (\d+)")
_FILE = re.compile(r"^\s*file = (.+)$", re.MULTILINE)
BAD = """
SELECT scan.file_path, error.line, coalesce(error.column_name, ''), error.error_message, coalesce(error.csv_line, '')
FROM reject_errors error JOIN reject_scans scan USING (scan_id, file_id) ORDER BY 1, 2 LIMIT ?"""


@dataclass(frozen=True)
class Dialect:
    delimiter: str
    quote: str
    escape: str
    header: bool
    columns: dict[str, str]
    """Types by name, in order."""
    date: str | None
    timestamp: str | None


class CsvReading(Reading):
    def __init__(self, connection: duckdb.DuckDBPyConnection, source: Source, options: ReadOptions) -> None:
        super().__init__(connection, source, options)
        dialects = [self._sniff(file) for file in self.files]
        first, columns = dialects[0], self._common(dialects)
        check_columns(options.types, columns)
        self.query = f"SELECT * FROM read_csv({literal(self.files)}" + arguments(
            auto_detect=False, delim=first.delimiter, quote=first.quote, escape=first.escape, header=first.header,
            columns=columns | options.types, dateformat=first.date, timestampformat=first.timestamp,
            compression=packed(source), store_rejects=self.set_aside or None,
            rejects_limit=options.bad_rows_limit + 1 if self.set_aside else None,
        ) + ")"  # fmt: skip
        print(f"{source.format.value}: delimiter {first.delimiter!r}, {'a' if first.header else 'no'} header, "  # noqa: T201
              f"{len(columns)} columns", flush=True)  # fmt: skip

    def _sniff(self, file: str) -> Dialect:
        # With its bad rows left out: otherwise a row too long makes DuckDB take all of each line for one column.
        delimiter = self.options.delimiter or ("\t" if self.source.format is SourceFormat.TSV else None)
        known = arguments(delim=delimiter, header=self.options.header, compression=packed(self.source))
        query = f"SELECT {SNIFFED} FROM sniff_csv({literal(file)}, ignore_errors = true{known})"
        row = self.connection.execute(query).fetchone()
        assert row is not None
        found, quote, escape, header, columns, date, timestamp = row
        return Dialect(
            delimiter=delimiter or found,
            # It is found only where one of the first rows has it; a later one may all the same.
            quote='"' if quote == NOTHING else quote,
            escape='"' if escape == NOTHING else escape,
            header=header,
            columns={column["name"]: column["type"] for column in columns},
            date=date,
            timestamp=timestamp,
        )

    def _common(self, dialects: list[Dialect]) -> dict[str, str]:
        """Columns, of types that hold what every file begins with. Raises SourceFault where the names differ."""
        columns = dict(dialects[0].columns)
        for file, dialect in zip(self.files, dialects, strict=True):
            if list(dialect.columns) != list(columns):
                raise SourceFault(f"{self.source.names[file]} has other columns than "
                                  f"{self.source.names[self.files[0]]}: {', '.join(dialect.columns)}")  # fmt: skip
            columns = {name: _wider(kind, dialect.columns[name]) for name, kind in columns.items()}
        return columns

    def bad_rows(self, limit: int) -> list[BadRow]:
        if not self.set_aside:
            return []
        rows = self.connection.execute(BAD, [limit]).fetchall()
        return [_bad_row(self.source, row) for row in rows]

    def fault(self, error: duckdb.Error) -> SourceFault:
        said = str(error)
        line, file = _LINE.search(said), _FILE.search(said)
        if line is None:
            return SourceFault(first_line(error))
        reason = next((text for text in said.splitlines()[2:] if text.strip()), said)
        name = self.source.names.get(file[1] if file else self.files[0], "")
        return SourceFault(f"{name}, line {int(line[1]):,}: {reason}")


def _bad_row(source: Source, row: tuple[Any, ...]) -> BadRow:
    file, line, column, reason, text = row
    return BadRow(source.names.get(file, file), line, column, reason.partition("\n")[0], text[:LONGEST_TEXT])


def _wider(one: str, other: str) -> str:
    if one == other:
        return one
    return "DOUBLE" if {one, other} == NUMBERS else "VARCHAR"
