"""The beginning of a packed file, unpacked. However much it unpacks to, only what was asked for is made."""

import io
import zlib

import zstandard

SUFFIXES = (".gz", ".zst")


def unpacked(name: str, head: bytes, most: int) -> bytes:
    """At most `most` bytes. Raises ValueError where `head` is not what the name's suffix says."""
    try:
        if name.endswith(".gz"):
            return zlib.decompressobj(wbits=31).decompress(head, most)
        return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(head)).read(most)
    except (zlib.error, zstandard.ZstdError) as error:
        raise ValueError(f"it cannot be unpacked: {error}") from None
