"""What is in a packed file, where DuckDB is not to be asked yet: its beginning and its end."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from mltui.ingest.fault import SourceFault
from mltui.wire.ingestion import Compression

PIECE_BYTES = 1 << 20
BLANKS = b" \t\r\n"


class Bytes(Protocol):
    def read(self, size: int, /) -> bytes: ...
    def seek(self, position: int, /) -> int: ...


def first_bytes(file: Path, name: str, compression: Compression, size: int) -> bytes:
    """Raises SourceFault for what cannot be unpacked."""
    with _unpacked(file, name, compression) as opened:
        return opened.read(size)


def last_byte(file: Path, name: str, compression: Compression) -> bytes:
    """The last that is no blank; empty where there is none. Raises SourceFault for what cannot be unpacked."""
    last = b""
    with _unpacked(file, name, compression) as opened:
        if compression is Compression.NONE:
            opened.seek(max(0, file.stat().st_size - PIECE_BYTES))
        while piece := opened.read(PIECE_BYTES):
            last = piece.rstrip(BLANKS)[-1:] or last
    return last


@contextmanager
def _unpacked(file: Path, name: str, compression: Compression) -> Iterator[Bytes]:
    from zstandard import ZstdDecompressor, ZstdError

    try:
        with file.open("rb") as packed:
            match compression:
                case Compression.NONE:
                    yield packed
                case Compression.GZIP:
                    yield gzip.GzipFile(fileobj=packed)
                case Compression.ZSTD:
                    yield ZstdDecompressor().stream_reader(packed, read_across_frames=True)
    except (gzip.BadGzipFile, EOFError, zlib.error, ZstdError) as error:
        raise SourceFault(f"{name} cannot be unpacked as {compression.value}: {error}; is it whole?") from None
    except OSError as error:
        raise SourceFault(f"{name}: {error.strerror}") from None
