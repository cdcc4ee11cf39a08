"""Logs: records going in, lines coming out."""

from typing import Literal

import msgspec

from mltui.wire.base import Answer

MAX_RECORD_BYTES = 65_536
"""A longer line is split into several records, all but the last of them open."""
MAX_CHUNK_BYTES = 1_048_576

STDOUT, STDERR, AGENT = 1, 2, 3
Stream = Literal["out", "err", "agent"]


class LogRecord(msgspec.Struct, array_like=True, frozen=True):
    r"""One line, or a piece of one. `body` keeps its own terminator; without `\n` at its end the line goes on."""

    time: int
    """Nanoseconds since 1970 UTC, when the agent read it."""
    stream: int
    body: bytes


class LogChunk(msgspec.Struct, array_like=True):
    """One durable unit of a log, msgpack. `seq` counts 1, 2, 3 … per execution, as for samples."""

    seq: int
    records: list[LogRecord]


class LogLine(Answer, kw_only=True):
    n: int
    """From 0."""
    time: int
    stream: Stream
    text: str
    r"""Without its `\n`; invalid UTF-8 is replaced, ANSI sequences and `\\r` are kept."""
    open: bool = False
    """The line goes on in the next record of its stream."""


class LogPage(Answer, kw_only=True):
    lines: list[LogLine]
    first: int
    total: int
    """Lines so far."""
    bytes: int
    finished: bool
    """Nothing more will come."""


class LogMatches(Answer, kw_only=True):
    """Lines that match, oldest first. `next` is the line to search on from, None when all was searched."""

    lines: list[LogLine]
    next: int | None
