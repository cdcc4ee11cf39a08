"""Gathers log records into chunks and puts them into the spool."""

import time

import msgspec

from mltui.agent.frames import Record
from mltui.agent.server import MSGPACK
from mltui.agent.spool import Lane
from mltui.agent.text import storable
from mltui.wire.logs import AGENT, LogChunk, LogRecord

CHUNK_BYTES = 262_144
CHUNK_EVERY_S = 0.25
RECORD_OVERHEAD = 14
"""Bytes that msgpack adds to one record's body."""

_encode = msgspec.msgpack.Encoder().encode


class LogBook:
    """The log of one execution, for one thread."""

    def __init__(self, lane: Lane, execution_id: str) -> None:
        self._lane = lane
        self._path = f"/api/v1/executions/{execution_id}/log"
        self._seq = 0
        self._records: list[LogRecord] = []
        self._bytes = 0
        self._since = 0.0
        self._lost = 0

    def add(self, records: list[LogRecord], size: int) -> None:
        """Keep records whose bodies have `size` bytes together."""
        if not records:
            return
        if not self._records:
            self._since = time.monotonic()
        self._records += records
        self._bytes += size + RECORD_OVERHEAD * len(records)
        if self._bytes >= CHUNK_BYTES:
            self.flush()

    def say(self, text: str) -> None:
        """Add a line of the agent's own."""
        body = f"mltui: {storable(text)}\n".encode()
        self.add([LogRecord(time.time_ns(), AGENT, body)], len(body))

    def due_at(self) -> float | None:
        """When the gathered records are to be kept, by the monotonic clock; None when there are none."""
        return self._since + CHUNK_EVERY_S if self._records else None

    def flush(self) -> None:
        if not self._records:
            return
        records, self._records, self._bytes = self._records, [], 0
        if self._lost:
            records.insert(0, self._note(records[0].time))
        reached = self._lane.append_numbered(lambda seq: self._chunk(seq, records), self._seq)
        if reached == self._seq:
            self._lost += len(records) - (1 if self._lost else 0)
        else:
            self._seq, self._lost = reached, 0

    def close(self) -> None:
        """Keep what was gathered; where the end of it found no room, at least that much is said."""
        self.flush()
        if self._lost:
            self._lane.append(self._chunk(self._seq + 1, [self._note(time.time_ns())]))

    def _note(self, at: int) -> LogRecord:
        note = f"mltui: {self._lost} log records are missing here: the spool was full (MLTUI_SPOOL_MAX, or its disk)\n"
        return LogRecord(at, AGENT, note.encode())

    def _chunk(self, seq: int, records: list[LogRecord]) -> Record:
        refused = LogRecord(records[0].time, AGENT, b"mltui: the server refused a piece of the log that belongs here\n")
        return Record(
            "POST",
            self._path,
            MSGPACK,
            _encode(LogChunk(seq, records)),
            instead=_encode(LogChunk(seq, [refused])),
        )
