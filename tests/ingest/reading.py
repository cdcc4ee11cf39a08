"""What a source becomes: read as the worker of a job reads it."""

from pathlib import Path

import duckdb
import pytest

from mltui.ingest.conversion import Conversion
from mltui.ingest.fault import SourceFault
from mltui.ingest.reading import quoted
from mltui.ingest.source import local_files, source_of
from mltui.wire.ingestion import ReadOptions


class Result:
    def __init__(self, tmp_path: Path, uri: str | Path, **options) -> None:
        scratch = tmp_path / "scratch"
        scratch.mkdir(exist_ok=True)
        for link in scratch.glob("source-*"):
            link.unlink()
        read = ReadOptions(**options)
        conversion, table = Conversion(scratch), scratch / "table.parquet"
        try:
            self.source = source_of(local_files(str(uri)), scratch, read)
            self.bad = conversion.convert(self.source, read, table)
            self.counted, self.profiled = conversion.rows, conversion.profile(table)
        finally:
            conversion.close()
        self.types = {column.name: column.type for column in self.profiled.schema.columns}
        # Python has no time zones without pytz.
        shown = [quoted(name) + "::VARCHAR" * ("ZONE" in kind) for name, kind in self.types.items()]
        self.rows = duckdb.sql(f"SELECT {', '.join(shown)} FROM '{table}'").fetchall()


def fault(ingested, uri, **options) -> str:
    with pytest.raises(SourceFault) as caught:
        ingested(uri, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)
