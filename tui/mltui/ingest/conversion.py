"""From a source to one Parquet file: one pass of DuckDB's, in bounded memory, that can be watched and stopped."""

import threading
from collections.abc import Mapping
from pathlib import Path

import duckdb

from mltui.ingest.csv_reading import CsvReading
from mltui.ingest.fault import SourceFault
from mltui.ingest.json_reading import JsonReading
from mltui.ingest.parquet_reading import ParquetReading
from mltui.ingest.profile import Profiled, profile_of
from mltui.ingest.reading import BadRow, Reading, gone, literal, said
from mltui.ingest.source import Source
from mltui.ingest.written import WatchedCopy
from mltui.wire.counting import counted
from mltui.wire.ingestion import ReadOptions, SourceFormat

MEMORY_LIMIT = "2GB"
"""What needs more goes to the disk. So much may be reserved; a CSV of 1 GB takes a third, and with less is slower."""
READINGS: Mapping[SourceFormat, type[Reading]] = {
    SourceFormat.CSV: CsvReading, SourceFormat.TSV: CsvReading, SourceFormat.JSONL: JsonReading,
    SourceFormat.JSON: JsonReading, SourceFormat.PARQUET: ParquetReading,
}  # fmt: skip


class Conversion:
    """Used by one thread; watched and stopped from others. `folder` is for what does not fit into memory."""

    def __init__(self, folder: Path) -> None:
        self._working = threading.Lock()
        self._connection = duckdb.connect()
        for name, value in {
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": str(folder / "memory"),
            # Nothing is downloaded behind anybody's back; what is needed is built in.
            "autoinstall_known_extensions": False,
            "TimeZone": "UTC",
            "enable_progress_bar": True,
            "enable_progress_bar_print": False,
        }.items():
            self._connection.execute(f"SET {name} = {literal(value)}")
        self._copy = WatchedCopy(self._connection)

    @property
    def rows(self) -> int:
        """Written so far."""
        return self._copy.rows

    @property
    def fraction(self) -> float:
        """Of the source that was read, 0 to 1."""
        return max(0.0, float(self._connection.query_progress())) / 100

    def stop(self) -> None:
        """End what DuckDB does at this moment: it is to be called again for as long as there is more."""
        self._connection.interrupt()

    def close(self) -> None:
        """Not while it works: it would wait for that."""
        if self._working.acquire(blocking=False):
            self._copy.close()
            self._connection.close()

    def convert(self, source: Source, options: ReadOptions, target: Path) -> list[BadRow]:
        """Write the source's rows to `target`. The rows that were set aside.

        Raises SourceFault, and duckdb.InterruptException once it is stopped.
        """
        with self._working:
            try:
                return self._convert(source, options, target)
            except FileNotFoundError as error:
                if error.filename not in source.names:
                    raise
                raise SourceFault(gone(source.names[error.filename])) from None

    def _convert(self, source: Source, options: ReadOptions, target: Path) -> list[BadRow]:
        try:
            reading = READINGS[source.format](self._connection, source, options)
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            raise SourceFault(said(error, source, str(source.files[0]))) from None
        try:
            written = self._copy.write(reading.query, target)
            bad = reading.bad_rows(options.bad_rows_limit + 1)
        except duckdb.InterruptException:
            # Or all of the source would be read once more, to find what is wrong with it.
            raise
        except duckdb.OutOfMemoryException as error:
            words = said(error, source, str(source.files[0]))
            raise SourceFault(f"{words}; it does not fit into memory and disk") from None
        except duckdb.Error as error:
            raise reading.fault(error) from None
        if len(bad) > options.bad_rows_limit:
            raise SourceFault(f"more than {counted(options.bad_rows_limit, 'bad row')}; the first is {bad[0]}")
        reading.check_written(written + len(bad))
        return bad

    def profile(self, table: Path) -> Profiled:
        """What is in a Parquet file."""
        with self._working:
            return profile_of(self._connection, table)
