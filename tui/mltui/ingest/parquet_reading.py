"""Parquet, which is right or wrong as a whole."""

from os import SEEK_END
from pathlib import Path

import duckdb

from mltui.ingest.exact import replaced
from mltui.ingest.fault import SourceFault
from mltui.ingest.reading import BadRow, Reading, arguments, literal, said, types_of
from mltui.ingest.source import PARQUET, Source
from mltui.wire.ingestion import ReadOptions


class ParquetReading(Reading):
    def __init__(self, connection: duckdb.DuckDBPyConnection, source: Source, options: ReadOptions) -> None:
        super().__init__(connection, source, options)
        self._check_ends()
        rows = f"read_parquet({literal(self.files)}{arguments(union_by_name=True)})"
        types = types_of(connection, rows, options)
        self.query = f"SELECT * {replaced(types, options)} FROM {rows}"

    def _check_ends(self) -> None:
        for link, name in self.source.names.items():
            with Path(link).open("rb") as opened:
                opened.seek(-min(len(PARQUET), Path(link).stat().st_size), SEEK_END)
                if opened.read() != PARQUET:
                    raise SourceFault(f"{name} begins as Parquet does and does not end so: it was cut short")

    def bad_rows(self, limit: int) -> list[BadRow]:
        return []

    def fault(self, error: duckdb.Error) -> SourceFault:
        return SourceFault(said(error, self.source, self.files[0]))
