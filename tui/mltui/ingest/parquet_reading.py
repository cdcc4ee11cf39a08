"""Parquet, which is right or wrong as a whole."""

import duckdb

from mltui.ingest.fault import SourceFault
from mltui.ingest.reading import BadRow, Reading, arguments, literal, replaced, said, types_of
from mltui.ingest.source import Source
from mltui.wire.ingestion import ReadOptions


class ParquetReading(Reading):
    def __init__(self, connection: duckdb.DuckDBPyConnection, source: Source, options: ReadOptions) -> None:
        super().__init__(connection, source, options)
        rows = f"read_parquet({literal(self.files)}{arguments(union_by_name=True)})"
        types_of(connection, rows, options)
        self.query = f"SELECT * {replaced(options)} FROM {rows}"

    def bad_rows(self, limit: int) -> list[BadRow]:
        return []

    def fault(self, error: duckdb.Error) -> SourceFault:
        return SourceFault(said(error, self.source, self.files[0]))
