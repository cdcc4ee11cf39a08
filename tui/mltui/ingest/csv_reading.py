"""CSV and TSV."""

from collections.abc import Mapping
from typing import Any

import duckdb

from mltui.ingest.csv_dialect import common_columns, sniff
from mltui.ingest.csv_faults import QUOTE, fault_of
from mltui.ingest.csv_lines import LINES, Layout, places
from mltui.ingest.exact import candidates, kept, kept_or_error
from mltui.ingest.fault import SourceFault
from mltui.ingest.log import say
from mltui.ingest.reading import LONGEST_TEXT, BadRow, Reading, arguments, check_columns, literal, packed, quoted
from mltui.ingest.source import Source
from mltui.wire.counting import counted
from mltui.wire.ingestion import ReadOptions
from mltui.wire.sql_types import canonical

FAULTS_PER_ROW = 8
"""A row has as many as it has columns that are wrong, missing or too many; more on average are not kept."""
# A row with several faults is one bad row, whose first is told.
BAD = """
SELECT scan.file_path, error.line, coalesce(arg_min(error.column_name, error.column_idx), ''),
  arg_min(error.error_message, error.column_idx), coalesce(any_value(error.csv_line), '')
FROM reject_errors error JOIN reject_scans scan USING (scan_id, file_id) GROUP BY ALL ORDER BY 1, 2 LIMIT ?"""
FAULTS = "SELECT count(*), count(DISTINCT (file_id, line)) FROM reject_errors"
# A quote that is not closed takes the rows behind it with it, of which nothing is told.
SWALLOWED = """
SELECT scan.file_path, error.line FROM reject_errors error JOIN reject_scans scan USING (scan_id, file_id)
WHERE error.error_type IN ('UNQUOTED VALUE', 'LINE SIZE OVER MAXIMUM')
  AND regexp_matches(trim(error.csv_line, e'\\r\\n'), '[\\r\\n]') ORDER BY 1, 2 LIMIT 1"""
REFUSED = """
SELECT DISTINCT error.line FROM reject_errors error JOIN reject_scans scan USING (scan_id, file_id)
WHERE scan.file_path = ?"""
FEW_LINES = "SELECT count(*) FROM (SELECT line FROM {lines} WHERE trim(line) <> '' LIMIT 2)"
GUESSED_FROM = 20_480
"""Rows of each file."""
SHOWN = 60
# Rows in order, each with the first of its values that its column's type does not hold.
MISFITS = """
SELECT row, broken, column_number, text FROM (
  SELECT row_number() OVER () AS row, column_number, text,
    coalesce(sum(breaks) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) > 0 AS broken
  FROM (SELECT CASE {numbers} END AS column_number, CASE {texts} END AS text, {breaks} AS breaks FROM {table}))
WHERE column_number IS NOT NULL LIMIT ?"""


class CsvReading(Reading):
    def __init__(self, connection: duckdb.DuckDBPyConnection, source: Source, options: ReadOptions) -> None:
        super().__init__(connection, source, options)
        dialects = [sniff(connection, source, options, file) for file in self.files]
        self._first = first = dialects[0]
        self._columns = columns = common_columns(source, dialects)
        check_columns(options.types, columns)
        self._types = self._exact_types(columns) | options.types
        self.query = f"SELECT {self._values()} FROM {self._table(self.files, self._rejecting())}"
        if self.set_aside:
            self.query += f" WHERE {' AND '.join(self._fits(name) for name in self._types)}"
        say(f"{source.format.value}: delimiter {first.delimiter!r}, {'a' if first.header else 'no'} header, "
            f"{counted(len(columns), 'column')}")  # fmt: skip

    def _table(self, files: list[str], more: str) -> str:
        """Its values as texts: what does not become exactly what is written is noticed only by who has the text."""
        first = self._first
        return f"read_csv({literal(files)}" + arguments(
            auto_detect=False, delim=first.delimiter, quote=first.quote, escape=first.escape, skip=first.skip,
            header=first.header, encoding=self.source.encoding, columns=dict.fromkeys(self._columns, "VARCHAR"),
            compression=packed(self.source),
        ) + more + ")"  # fmt: skip

    def _rejecting(self) -> str:
        if not self.set_aside:
            return ""
        return arguments(store_rejects=True, rejects_limit=self._most_faults(len(self._columns)))

    def _exact_types(self, guessed: Mapping[str, str]) -> dict[str, str]:
        """The narrowest that hold the first rows of every file as they are."""
        tried = [(name, kind) for name, guess in guessed.items() for kind in candidates(guess) if kind != "VARCHAR"]
        left = set(tried)
        for file in self.files:
            if not left:
                break
            fits = ", ".join(f"coalesce(bool_and({self._fits(name, kind)}), true)" for name, kind in tried)
            head = f"SELECT * FROM {self._table([file], arguments(ignore_errors=True))} LIMIT {GUESSED_FROM}"
            found = self.connection.execute(f"SELECT {fits} FROM ({head})").fetchone()
            assert found is not None
            left -= {one for one, fit in zip(tried, found, strict=True) if not fit}
        return {
            name: next((kind for kind in candidates(guess) if (name, kind) in left), "VARCHAR")
            for name, guess in guessed.items()
        }

    def _kept(self, name: str, kind: str) -> str:
        return kept(quoted(name), kind, self._form(kind))

    def _form(self, kind: str) -> str | None:
        return {"DATE": self._first.date, "TIMESTAMP": self._first.timestamp}.get(canonical(kind))

    def _fits(self, name: str, kind: str | None = None) -> str:
        return f"({quoted(name)} IS NULL OR {self._kept(name, kind or self._types[name])} IS NOT NULL)"

    def _values(self) -> str:
        if self.set_aside:
            return ", ".join(f"{self._kept(name, kind)} AS {quoted(name)}" for name, kind in self._types.items())
        # The first that does not fit ends it.
        return ", ".join(
            f"{kept_or_error(quoted(name), kind, self._form(kind))} AS {quoted(name)}"
            for name, kind in self._types.items()
        )

    def _misfits(self, file: str, limit: int) -> list[BadRow]:
        """Rows with a value that is not of its column's type."""
        texts = [quoted(name) for name in self._types]
        bad = [f"WHEN NOT {self._fits(name)} THEN" for name in self._types]
        query = MISFITS.format(
            numbers=" ".join(f"{is_bad} {number}" for number, is_bad in enumerate(bad)),
            texts=" ".join(f"{is_bad} {text}" for is_bad, text in zip(bad, texts, strict=True)),
            breaks=" + ".join(f"coalesce(length({text}) - length(replace({text}, chr(10), '')), 0)" for text in texts),
            table=self._table([file], arguments(ignore_errors=True) if self.set_aside else ""),
        )
        found = self.connection.execute(query, [limit]).fetchall()
        if not found:
            return []
        refused = self.connection.execute(REFUSED, [file]).fetchall() if self.set_aside else []
        layout = Layout(
            above=self._first.skip + self._first.header, refused=[line for (line,) in refused],
            empty_too=len(texts) == 1, quote=self._first.quote if found[-1][1] else None,
        )  # fmt: skip
        where = places(self.connection, self._lines(file), layout, [row[0] for row in found])
        return [self._misfit(file, number, text, where.get(row)) for row, _, number, text in found]

    def _misfit(self, file: str, number: int, text: str, where: tuple[int, str] | None) -> BadRow:
        name, kind = list(self._types.items())[number]
        line, whole = where or (0, "")
        shown = text if len(text) <= SHOWN else text[:SHOWN] + "…"
        return BadRow(
            self.source.names[file], line, name, f"{shown!r} is not a {canonical(kind)}", whole[:LONGEST_TEXT]
        )

    def _lines(self, file: str) -> str:
        more = arguments(compression=packed(self.source), encoding=self.source.encoding)
        return LINES.format(file=literal(file), more=more)

    def _most_faults(self, columns: int) -> int:
        return (self.options.bad_rows_limit + 1) * max(columns, FAULTS_PER_ROW)

    def bad_rows(self, limit: int) -> list[BadRow]:
        if not self.set_aside:
            return []
        self._check_swallowed()
        rows = [_bad_row(self.source, row) for row in self.connection.execute(BAD, [limit]).fetchall()]
        faults, bad = self.connection.execute(FAULTS).fetchall()[0]
        if bad < limit and faults >= self._most_faults(len(self._columns)):
            raise SourceFault(f"{faults:,} faults in {bad:,} bad rows are more than can be set aside; the first is "
                              f"{rows[0]}")  # fmt: skip
        for file in self.files:
            if len(rows) < limit:
                rows += self._misfits(file, limit - len(rows))
        return sorted(rows, key=lambda row: (row.file, row.line))

    def _check_swallowed(self) -> None:
        found = self.connection.execute(SWALLOWED).fetchone()
        if found is not None:
            file, line = found
            raise SourceFault(f"{self.source.names[file]}, line {line:,}: there is a quote ({self._first.quote}) that "
                              "is not closed, and the lines after it cannot be set aside")  # fmt: skip

    def check_written(self, rows: int) -> None:
        if rows:
            return
        for file in self.files:
            found = self.connection.execute(FEW_LINES.format(lines=self._lines(file))).fetchall()
            if found[0][0] > self._first.header:
                raise SourceFault(f"{self.source.names[file]}: its lines are no rows; is there a quote ({QUOTE}) in "
                                  "the first that is not closed, or is it of another format?")  # fmt: skip

    def fault(self, error: duckdb.Error) -> SourceFault:
        try:
            found = next((bad for file in self.files for bad in self._misfits(file, 1)), None)
        except duckdb.Error as other:
            return fault_of(other, self.source, self.files[0])
        return SourceFault(str(found)) if found else fault_of(error, self.source, self.files[0])


def _bad_row(source: Source, row: tuple[Any, ...]) -> BadRow:
    file, line, column, reason, text = row
    return BadRow(
        source.names.get(file, file), line, column, reason.partition("\n")[0], text.strip("\r\n")[:LONGEST_TEXT]
    )
