"""JSON Lines, JSON and Parquet."""

import duckdb

from mltui.ingest.fault import SourceFault
from mltui.ingest.reading import LONGEST_TEXT, BadRow, Reading, arguments, check_columns, first_line, literal, quoted
from mltui.ingest.source import Source
from mltui.wire.ingestion import Compression, ReadOptions, SourceFormat

ALWAYS_NULL = '"NULL"'
"""The type of a column without a value."""
EVERY_OBJECT = -1
"""How many objects columns and types are made from: a key that only a later one has would be left out in silence."""


class JsonLinesReading(Reading):
    """DuckDB says nothing of the lines that it ignores, so that bad ones are looked for in the lines themselves."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, source: Source, options: ReadOptions) -> None:
        super().__init__(connection, source, options)
        self._packed = arguments(compression=_packed(source))
        rows = self._rows(ignore_errors=True)
        self._types: dict[str, str] = {}
        try:
            self._types = _types(connection, rows, options)
        except duckdb.Error as error:
            # Lines that are JSON and no objects: they have no columns, with them nothing has.
            raise self.fault(error) from None
        if self.set_aside:
            good = f"SELECT value FROM ({self._lines(self.files)}) WHERE reason IS NULL"
            self.query = f"SELECT unnest(value) FROM ({good})"
        else:
            self.query = f"SELECT * {_replaced(options)} FROM {self._rows(ignore_errors=None)}"

    def _rows(self, *, ignore_errors: bool | None) -> str:
        how = arguments(format="newline_delimited", records=True, ignore_errors=ignore_errors, sample_size=EVERY_OBJECT)
        return f"read_json({literal(self.files)}{how}{self._packed})"

    def _lines(self, files: list[str]) -> str:
        """Lines with what is wrong with them, NULL for nothing; and their values."""
        struct = ", ".join(f"{quoted(name)} {kind}" for name, kind in self._types.items())
        value = f"try_cast(json AS STRUCT({struct}))" if struct else "NULL"
        misfits = "".join(
            f" WHEN value.{quoted(name)} IS NULL AND json_type(json, {_path(name)}) <> 'NULL' "
            f"THEN {literal(f'{name}: not a {kind}')}"
            for name, kind in self._types.items()
        )
        return f"""
SELECT line, json, value, CASE WHEN json IS NULL THEN 'is not JSON' WHEN json_type(json) <> 'OBJECT'
  THEN 'is not an object'{misfits} END AS reason
FROM (SELECT row_number() OVER () AS line, json, {value} AS value
  FROM read_ndjson_objects({literal(files)}, ignore_errors = true{self._packed}))"""

    def bad_rows(self, limit: int) -> list[BadRow]:
        return self._find(limit) if self.set_aside else []

    def _find(self, limit: int) -> list[BadRow]:
        found: list[BadRow] = []
        for file in self.files:
            query = f"SELECT line, json, reason FROM ({self._lines([file])}) WHERE reason IS NOT NULL LIMIT ?"
            rows = self.connection.execute(query, [limit - len(found)]).fetchall()
            name = self.source.names[file]
            found += [BadRow(name, line, "", reason, (text or "")[:LONGEST_TEXT]) for line, text, reason in rows]
            if len(found) >= limit:
                break
        return found

    def fault(self, error: duckdb.Error) -> SourceFault:
        try:
            found = self._find(1)
        except duckdb.Error:
            found = []
        return SourceFault(str(found[0]) if found else _named(first_line(error), self.source))


class WholeReading(Reading):
    """What is right or wrong as a whole: JSON that is one array, and Parquet."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, source: Source, options: ReadOptions) -> None:
        super().__init__(connection, source, options)
        if source.format is SourceFormat.JSON and self.set_aside:
            raise SourceFault("bad rows of a JSON document cannot be set aside, as it is one value; where each line is "
                              "an object, the format is jsonl")  # fmt: skip
        if source.format is SourceFormat.PARQUET:
            rows = f"read_parquet({literal(self.files)}{arguments(union_by_name=True)})"
        else:
            how = arguments(sample_size=EVERY_OBJECT, compression=_packed(source))
            rows = f"read_json({literal(self.files)}{how})"
        _types(connection, rows, options)
        self.query = f"SELECT * {_replaced(options)} FROM {rows}"

    def bad_rows(self, limit: int) -> list[BadRow]:
        return []

    def fault(self, error: duckdb.Error) -> SourceFault:
        return SourceFault(_named(first_line(error), self.source))


def _types(connection: duckdb.DuckDBPyConnection, rows: str, options: ReadOptions) -> dict[str, str]:
    described = connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()
    types = {row[0]: row[1] if row[1] != ALWAYS_NULL else "VARCHAR" for row in described}
    check_columns(options.types, types)
    return types | options.types


def _replaced(options: ReadOptions) -> str:
    casts = [f"CAST({quoted(name)} AS {kind}) AS {quoted(name)}" for name, kind in options.types.items()]
    return f"REPLACE ({', '.join(casts)})" if casts else ""


def _path(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return literal(f'$."{escaped}"')


def _named(text: str, source: Source) -> str:
    """With the files called as people know them."""
    for file, name in source.names.items():
        text = text.replace(file, name)
    return text


def _packed(source: Source) -> str | None:
    return None if source.compression is Compression.NONE else source.compression.value
