"""`python -m mltui_server.artifacts.parquet_child SIZE`: the first rows of a Parquet file of that many bytes.

What a stranger's file does to a decoder must not happen in the server: a few bytes can ask for gigabytes. Here memory
and time are limited. The file comes through the pipe: ASK on stdout says which bytes are wanted, stdin brings them;
an ASK with DONE for a start is followed by the TablePreview as JSON.
"""

import struct
import sys
from typing import Any

import msgspec

from mltui.wire.artifact_previews import TABLE_COLUMNS, TABLE_ROWS, NoPreview, TableColumn, TablePreview
from mltui_server.artifacts.cells import cell

ASK = struct.Struct("<qq")
"""First byte, and how many."""
DONE = -1
MEMORY_BYTES = 4 << 30
"""Of addresses, of which decoders reserve far more than they use."""
CPU_S = 10


class Piped:
    """The file, as far as Arrow asks for it."""

    closed = False

    def __init__(self, size: int) -> None:
        self._size, self._at = size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def read(self, count: int = -1) -> bytes:
        left = max(0, self._size - self._at)
        count = left if count < 0 else min(count, left)
        sys.stdout.buffer.write(ASK.pack(self._at, count))
        sys.stdout.buffer.flush()
        found = sys.stdin.buffer.read(count)
        if len(found) < count:
            raise OSError("its first rows are too large to be shown")
        self._at += count
        return found

    def close(self) -> None:
        self.closed = True


def first_rows(file: Any) -> TablePreview:
    import pyarrow.parquet

    opened = pyarrow.parquet.ParquetFile(file, buffer_size=1 << 16, pre_buffer=False)
    schema = opened.schema_arrow
    shown = schema.names[:TABLE_COLUMNS]
    batch = next(opened.iter_batches(TABLE_ROWS, columns=shown, use_threads=False), None)
    columns = [] if batch is None else [[cell(value) for value in column.to_pylist()] for column in batch.columns]
    return TablePreview(
        columns=[TableColumn(name=field.name, type=str(field.type)) for field in list(schema)[:TABLE_COLUMNS]],
        rows=[list(row) for row in zip(*columns, strict=True)],
        row_count=opened.metadata.num_rows,
        column_count=len(schema),
    )


def main() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer: TablePreview | NoPreview = first_rows(Piped(int(sys.argv[1])))
    except Exception as error:
        said = str(error).splitlines()[:1] or [type(error).__name__]
        answer = NoPreview(note=f"it cannot be read as Parquet: {said[0][:500]}")
    sys.stdout.buffer.write(ASK.pack(DONE, 0) + msgspec.json.encode(answer))


if __name__ == "__main__":
    main()
