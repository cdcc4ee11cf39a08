"""JSON Lines, and JSON that is one array, or objects one after the other."""

from pathlib import Path

import duckdb

from mltui.ingest.exact import kept, replaced
from mltui.ingest.fault import SourceFault
from mltui.ingest.reading import (
    LONGEST_TEXT,
    BadRow,
    Reading,
    arguments,
    literal,
    packed,
    quoted,
    said,
    types_of,
)
from mltui.ingest.source import Source
from mltui.ingest.unpacking import first_bytes, last_byte
from mltui.wire.ingestion import ReadOptions, SourceFormat

EVERY_OBJECT = -1
"""How many objects columns and types are made from: a key that only a later one has would be left out in silence."""

CLOSING = {b"[": b"]", b"{": b"}"}
LOOKED_AT = 4096
NOT_OBJECTS = "expected records"


class JsonReading(Reading):
    """DuckDB says nothing of what it ignores, so that bad rows are looked for in the lines or elements themselves."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, source: Source, options: ReadOptions) -> None:
        super().__init__(connection, source, options)
        self._lined = source.format is SourceFormat.JSONL
        self._format = arguments(
            format="newline_delimited" if self._lined else "auto", compression=packed(source)
        )  # fmt: skip
        # Elsewhere than in lines, what is no JSON leaves nothing behind it that could be read.
        self._lenient = arguments(ignore_errors=True) if self._lined else ""
        self._types: dict[str, str] = {}
        if not self._lined:
            self._check_ends()
        try:
            self._types = self._found_types()
            inexact = self._inexact()
        except duckdb.Error as error:
            raise self.fault(error) from None
        self._types |= dict.fromkeys(inexact, "VARCHAR")
        if self.set_aside:
            good = f"SELECT value FROM ({self._rows(self.files)}) WHERE reason IS NULL"
            self.query = f"SELECT unnest(value) FROM ({good})"
        elif inexact or options.types:
            # What DuckDB has made a number of is not what was written any more.
            checked = (
                f"SELECT CASE WHEN reason IS NULL THEN value ELSE error(reason) END FROM ({self._rows(self.files)})"
            )
            self.query = f"SELECT unnest(value) FROM ({checked}) checked(value)"
        else:
            self.query = f"SELECT * {replaced(self._types, options)} FROM {self._table(self.files)}"

    def _check_ends(self) -> None:
        """DuckDB takes what ends after a comma for whole."""
        for link, name in self.source.names.items():
            begin = first_bytes(Path(link), name, self.source.compression, LOOKED_AT).lstrip()[:1]
            end = CLOSING.get(begin)
            if end and (last := last_byte(Path(link), name, self.source.compression)) != end:
                what = "array" if begin == b"[" else "object"
                raise SourceFault(f"{name} ends in the middle of the {what}, or there is something behind it: its last "
                                  f"character is {last.decode(errors='replace')!r}, not {end.decode()!r}")  # fmt: skip

    def _table(self, files: list[str], more: str = "") -> str:
        how = arguments(records=True, sample_size=EVERY_OBJECT)
        return f"read_json({literal(files)}{how}{self._format}{more})"

    def _found_types(self) -> dict[str, str]:
        try:
            return types_of(self.connection, self._table(self.files, self._lenient), self.options)
        except duckdb.BinderException:
            # There is something that is no object: it has no columns, and beside it nothing has.
            objects = self._objects() if self.set_aside else None
            if objects is None:
                raise
            table = f"read_json({literal(objects)}, format = 'newline_delimited', sample_size = {EVERY_OBJECT})"
            return types_of(self.connection, table, self.options)

    def _inexact(self) -> list[str]:
        """Columns that are guessed as DOUBLE and have numbers that would lose digits."""
        names = [name for name, kind in self._types.items() if kind == "DOUBLE" and name not in self.options.types]
        if not names:
            return []
        texts = [f"json_extract_string(json, {_path(name)})" for name in names]
        losses = ", ".join(
            f"coalesce(bool_or({text} IS NOT NULL AND {kept(text, 'DOUBLE')} IS NULL), false)" for text in texts
        )
        found = self.connection.execute(f"SELECT {losses} FROM {self._values(self.files)}").fetchone()
        assert found is not None
        return [name for name, loses in zip(names, found, strict=True) if loses]

    def _objects(self) -> str | None:
        """A file of the objects alone. None where there are none."""
        file = str(Path(self.files[0]).with_name("objects.jsonl"))
        lines = f"SELECT json(json)::VARCHAR FROM {self._values(self.files)} WHERE json_type(json) = 'OBJECT'"
        as_they_are = "FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER e'\\x01'"
        written = self.connection.execute(f"COPY ({lines}) TO {literal(file)} ({as_they_are})").fetchone()
        return file if written and written[0] else None

    def _values(self, files: list[str]) -> str:
        return f"read_json_objects({literal(files)}{self._format}{self._lenient})"

    def _rows(self, files: list[str]) -> str:
        """Lines or elements with what is wrong with them, NULL for nothing; and their values."""
        struct = ", ".join(f"{quoted(name)} {kind}" for name, kind in self._types.items())
        value = f"try_cast(json AS STRUCT({struct}))" if struct else "NULL"
        misfits = "".join(
            f" WHEN {self._misfit(name, kind)} AND json_type(json, {_path(name)}) <> 'NULL' "
            f"THEN {literal(f'{name}: not a {kind}')}"
            for name, kind in self._types.items()
        )
        return f"""
SELECT number, json, value, CASE WHEN json IS NULL THEN 'not JSON' WHEN json_type(json) <> 'OBJECT'
  THEN 'not an object'{misfits} END AS reason
FROM (SELECT row_number() OVER () AS number, json, {value} AS value FROM {self._values(files)})"""

    def _misfit(self, name: str, kind: str) -> str:
        unread = f"value.{quoted(name)} IS NULL"
        if name not in self.options.types:
            return unread
        # The cast that is asked for may round.
        return f"({unread} OR {kept(f'json_extract_string(json, {_path(name)})', kind)} IS NULL)"

    def bad_rows(self, limit: int) -> list[BadRow]:
        return self._find(limit) if self.set_aside else []

    def _find(self, limit: int) -> list[BadRow]:
        found: list[BadRow] = []
        unit = "line" if self._lined else "element"
        for file in self.files:
            query = f"SELECT number, json, reason FROM ({self._rows([file])}) WHERE reason IS NOT NULL LIMIT ?"
            rows = self.connection.execute(query, [limit - len(found)]).fetchall()
            name = self.source.names[file]
            found += [
                BadRow(name, number, "", reason, (text or "")[:LONGEST_TEXT], unit) for number, text, reason in rows
            ]
            if len(found) >= limit:
                break
        return found

    def fault(self, error: duckdb.Error) -> SourceFault:
        try:
            found = self._find(1)
        except duckdb.Error:
            found = []
        if not found and NOT_OBJECTS in str(error):
            return SourceFault(f"{self.source.names[self.files[0]]}: it has no rows, or is not one array of objects")
        return SourceFault(str(found[0]) if found else said(error, self.source, self.files[0]))


def _path(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return literal(f'$."{escaped}"')
