"""CSV and TSV."""

from dataclasses import dataclass
from typing import Any

import duckdb

from mltui.ingest.csv_faults import QUOTE, fault_of, plain_name
from mltui.ingest.fault import SourceFault
from mltui.ingest.reading import LONGEST_TEXT, BadRow, Reading, arguments, check_columns, literal, packed
from mltui.ingest.source import Source
from mltui.wire.ingestion import ReadOptions, SourceFormat

SNIFFED = "Delimiter, Quote, Escape, SkipRows, HasHeader, Columns, DateFormat, TimestampFormat"
NUMBERS = {"BIGINT", "DOUBLE"}
NOTHING = "(empty)"
FAULTS_PER_ROW = 8
"""A row has as many as it has columns that are wrong, missing or too many; more on average are not kept."""
# A row with several faults is one bad row, whose first is told.
BAD = """
SELECT scan.file_path, error.line, coalesce(arg_min(error.column_name, error.column_idx), ''),
  arg_min(error.error_message, error.column_idx), coalesce(any_value(error.csv_line), '')
FROM reject_errors error JOIN reject_scans scan USING (scan_id, file_id) GROUP BY ALL ORDER BY 1, 2 LIMIT ?"""
FAULTS = "SELECT count(*), count(DISTINCT (file_id, line)) FROM reject_errors"
# Each line as one text, whatever it has in it; a header alone is one.
LINES = """
SELECT count(*) FROM (SELECT line FROM read_csv({file}, auto_detect = false, columns = {{'line': 'VARCHAR'}},
  delim = e'\\x01', quote = '', escape = '', header = false, strict_mode = false{more})
WHERE trim(line) <> '' LIMIT 2)"""


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


class CsvReading(Reading):
    def __init__(self, connection: duckdb.DuckDBPyConnection, source: Source, options: ReadOptions) -> None:
        super().__init__(connection, source, options)
        dialects = [self._sniff(file) for file in self.files]
        self._first = first = dialects[0]
        self._columns = columns = self._common(dialects)
        check_columns(options.types, columns)
        self.query = f"SELECT * FROM read_csv({literal(self.files)}" + arguments(
            auto_detect=False, delim=first.delimiter, quote=first.quote, escape=first.escape, skip=first.skip,
            header=first.header, encoding=source.encoding,
            columns=columns | options.types, dateformat=first.date, timestampformat=first.timestamp,
            compression=packed(source), store_rejects=self.set_aside or None,
            rejects_limit=self._most_faults(len(columns)) if self.set_aside else None,
        ) + ")"  # fmt: skip
        print(f"{source.format.value}: delimiter {first.delimiter!r}, {'a' if first.header else 'no'} header, "  # noqa: T201
              f"{len(columns)} columns", flush=True)  # fmt: skip

    def _sniff(self, file: str) -> Dialect:
        # With its bad rows left out: otherwise a row too long makes DuckDB take all of each line for one column.
        delimiter = self.options.delimiter or ("\t" if self.source.format is SourceFormat.TSV else None)
        known = arguments(delim=delimiter, header=self.options.header, compression=packed(self.source),
                          encoding=self.source.encoding)  # fmt: skip
        query = f"SELECT {SNIFFED} FROM sniff_csv({literal(file)}, ignore_errors = true{known})"
        try:
            row = self.connection.execute(query).fetchone()
        except duckdb.Error as error:
            raise fault_of(error, self.source, file) from None
        assert row is not None
        found, quote, escape, skip, header, columns, date, timestamp = row
        types = {column["name"]: column["type"] for column in columns}
        if header and quote == NOTHING:
            types = {plain_name(name, self.source.names[file]): kind for name, kind in types.items()}
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

    def _common(self, dialects: list[Dialect]) -> dict[str, str]:
        """Columns, of types that hold what every file begins with. Raises SourceFault where the names differ."""
        columns = dict(dialects[0].columns)
        for file, dialect in zip(self.files, dialects, strict=True):
            if list(dialect.columns) != list(columns):
                raise SourceFault(f"{self.source.names[file]} has other columns than "
                                  f"{self.source.names[self.files[0]]}: {', '.join(dialect.columns)}")  # fmt: skip
            columns = {name: _wider(kind, dialect.columns[name]) for name, kind in columns.items()}
        return columns

    def _most_faults(self, columns: int) -> int:
        return (self.options.bad_rows_limit + 1) * max(columns, FAULTS_PER_ROW)

    def bad_rows(self, limit: int) -> list[BadRow]:
        if not self.set_aside:
            return []
        rows = [_bad_row(self.source, row) for row in self.connection.execute(BAD, [limit]).fetchall()]
        faults, bad = self.connection.execute(FAULTS).fetchall()[0]
        if bad < limit and faults >= self._most_faults(len(self._columns)):
            raise SourceFault(f"{faults:,} faults in {bad:,} bad rows are more than can be set aside; the first is "
                              f"{rows[0]}")  # fmt: skip
        return rows

    def check_written(self, rows: int) -> None:
        if rows:
            return
        more = arguments(compression=packed(self.source), encoding=self.source.encoding)
        for file in self.files:
            found = self.connection.execute(LINES.format(file=literal(file), more=more)).fetchall()
            if found[0][0] > self._first.header:
                raise SourceFault(f"{self.source.names[file]}: its lines are no rows; is there a quote ({QUOTE}) in "
                                  "the first that is not closed, or is it of another format?")  # fmt: skip

    def fault(self, error: duckdb.Error) -> SourceFault:
        return fault_of(error, self.source, self.files[0])


def _bad_row(source: Source, row: tuple[Any, ...]) -> BadRow:
    file, line, column, reason, text = row
    return BadRow(source.names.get(file, file), line, column, reason.partition("\n")[0], text[:LONGEST_TEXT])


def _wider(one: str, other: str) -> str:
    if one == other:
        return one
    return "DOUBLE" if {one, other} == NUMBERS else "VARCHAR"
