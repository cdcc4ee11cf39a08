"""Reading logs: pages, tails, raw bytes. It does not matter here where a chunk lies, and lines are decoded only where
they are shown.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import msgspec
import zstandard
from psycopg_pool import AsyncConnectionPool

from mltui.wire.logs import AGENT, STDERR, STDOUT, LogLine, LogPage, LogRecord, Stream
from mltui_server.artifacts.store import ArtifactStore, StoreError
from mltui_server.lib.errors import Invalid, Unavailable
from mltui_server.logs.queries import StoredChunk, fetch_chunks, log_state

MAX_COUNT = 5_000
NAMES: dict[int, Stream] = {STDOUT: "out", STDERR: "err", AGENT: "agent"}
RawStream = Literal["out", "err", "all"]
RAW: dict[RawStream, frozenset[int]] = {
    "out": frozenset({STDOUT}),
    "err": frozenset({STDERR}),
    "all": frozenset({STDOUT, STDERR}),
}
"""What the command wrote. The agent's remarks are not among it."""


@dataclass(frozen=True)
class Logs:
    """Where logs are read from."""

    pool: AsyncConnectionPool
    store: ArtifactStore


async def read_page(logs: Logs, execution_id: UUID, first: int, count: int) -> LogPage:
    """Lines [first, first + count); fewer at the end of the log, or where they are very long."""
    _check(first, count)
    return await _page(logs, execution_id, first, count, "first")


async def read_tail(logs: Logs, execution_id: UUID, count: int) -> LogPage:
    """The last `count` lines; fewer where they are very long."""
    _check(0, count)
    return await _page(logs, execution_id, None, count, "last")


async def _page(
    logs: Logs, execution_id: UUID, first: int | None, count: int, keep: Literal["first", "last"]
) -> LogPage:
    state = await log_state(logs.pool, execution_id)
    first = max(0, state.lines - count) if first is None else first
    end = min(first + count, state.lines)
    lines: list[LogLine] = []
    if first < end:
        for chunk in await fetch_chunks(logs.pool, execution_id, first, end, keep=keep):
            numbered = await records_of(logs, chunk)
            lines += [line_of(n, record) for n, record in numbered if first <= n < end]
    return LogPage(
        lines=lines,
        first=lines[0].n if lines else min(first, state.lines),
        total=state.lines,
        bytes=state.bytes,
        finished=state.finished,
    )


async def walk(logs: Logs, execution_id: UUID, first: int, end: int) -> AsyncIterator[list[tuple[int, LogRecord]]]:
    """Lines [first, end), a chunk at a time, in order, in flat memory. The log may be archived meanwhile."""
    while first < end:
        chunks = await fetch_chunks(logs.pool, execution_id, first, end)
        if not chunks:
            return  # The run was deleted.
        for chunk in chunks:
            numbered = await records_of(logs, chunk)
            yield [(n, record) for n, record in numbered if first <= n < end]
            first = chunk.first_line + chunk.lines


async def read_raw(
    logs: Logs, execution_id: UUID, stream: RawStream, first: int = 0, end: int | None = None
) -> AsyncIterator[bytes]:
    """The bytes that the command wrote in lines [first, end), or up to now. Raises NotFound before the first piece
    is asked for.
    """
    if first < 0 or (end is not None and end < first):
        raise Invalid(f"from={first} and to={'the end' if end is None else end} are no range of lines")
    state = await log_state(logs.pool, execution_id)
    last = state.lines if end is None else min(end, state.lines)
    wanted = RAW[stream]

    async def pieces() -> AsyncIterator[bytes]:
        async for numbered in walk(logs, execution_id, first, last):
            yield b"".join(record.body for _, record in numbered if record.stream in wanted)

    return pieces()


async def records_of(logs: Logs, chunk: StoredChunk) -> list[tuple[int, LogRecord]]:
    """The chunk's records with their numbers. Raises Unavailable while the artifact store is away."""
    body = chunk.body
    if body is None:
        assert chunk.log_object is not None and chunk.offset is not None and chunk.stored_size is not None
        try:
            body = await logs.store.get_range(chunk.log_object, chunk.offset, chunk.stored_size)
        except StoreError as error:
            raise Unavailable(str(error)) from None
    records = await asyncio.to_thread(unpack, body)
    return list(enumerate(records, chunk.first_line))


def unpack(body: bytes) -> list[LogRecord]:
    """Records of a stored chunk."""
    # A decompressor is not for several threads.
    return msgspec.msgpack.decode(zstandard.ZstdDecompressor().decompress(body), type=list[LogRecord])


def line_of(n: int, record: LogRecord) -> LogLine:
    return LogLine(
        n=n,
        time=record.time,
        stream=NAMES[record.stream],
        text=text_of(record),
        open=not record.body.endswith(b"\n"),
    )


def text_of(record: LogRecord) -> str:
    return record.body.removesuffix(b"\n").decode(errors="replace")


def _check(first: int, count: int) -> None:
    if first < 0:
        raise Invalid(f"from is {first}; lines count from 0")
    if not 1 <= count <= MAX_COUNT:
        raise Invalid(f"{count} lines were asked for; at least 1 and at most {MAX_COUNT} are possible")
