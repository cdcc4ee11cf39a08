"""How records lie in a spool's files: `length crc32 payload`, little-endian, after an eight-byte magic.

A process killed while it writes, or a power cut, leaves a tail that does not match its length or its
checksum; `read_frame` answers None for it. Nothing here opens, locks or deletes files.
"""

import os
import struct
import zlib

import msgspec

MAGIC = b"mltui\x00\x00\x01"
HEADER = struct.Struct("<II")
MAX_FRAME = 64 * 1024 * 1024
"""A longer length can only be garbage."""


class Record(msgspec.Struct, array_like=True, frozen=True):
    """One request that must reach the server, in order, once."""

    method: str
    path: str
    content_type: str
    body: bytes
    instead: bytes | None = None
    """What to send when the server refuses `body`: an empty unit with the same seq, so that the next one fits."""
    file: str | None = None
    """Name of the file, beside the lanes, that this announces and that follows it."""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Record)


def pack(record: Record) -> bytes:
    payload = _encoder.encode(record)
    return HEADER.pack(len(payload), zlib.crc32(payload)) + payload


def read_frame(fd: int, at: int) -> tuple[Record, int] | None:
    """The record that begins at `at` of a file, and where it ends; None when it is not whole (or not yet)."""
    header = os.pread(fd, HEADER.size, at)
    if len(header) < HEADER.size:
        return None
    length, checksum = HEADER.unpack(header)
    if not 0 < length <= MAX_FRAME:
        return None
    payload = os.pread(fd, length, at + HEADER.size)
    if len(payload) < length or zlib.crc32(payload) != checksum:
        return None
    return _decoder.decode(payload), at + HEADER.size + length
