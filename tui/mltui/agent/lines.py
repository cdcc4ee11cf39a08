"""Cuts a stream of bytes into log records: lines, and pieces of lines that are long or late. No byte is lost."""

from mltui.wire.logs import MAX_RECORD_BYTES, LogRecord

OPEN_AFTER_S = 0.5
"""A prompt or a progress bar without a newline is shown after this long."""


class LineCutter:
    """One stream. Holds at most MAX_RECORD_BYTES of a line that has not ended."""

    def __init__(self, stream: int) -> None:
        self.stream = stream
        self._partial = b""
        self._since = 0.0

    def feed(self, data: bytes, now: int, clock: float) -> list[LogRecord]:
        """The records that `data` completes, read at `now` (ns since 1970), which is `clock` by the monotonic one."""
        stream = self.stream
        if self._partial:
            data = self._partial + data
        else:
            self._since = clock
        *lines, rest = data.split(b"\n")
        records = [LogRecord(now, stream, line + b"\n") for line in lines]
        if len(data) > MAX_RECORD_BYTES:
            records = [piece for record in records for piece in _pieces(record)]
            while len(rest) > MAX_RECORD_BYTES:
                records.append(LogRecord(now, stream, rest[:MAX_RECORD_BYTES]))
                rest = rest[MAX_RECORD_BYTES:]
        if lines:
            self._since = clock
        self._partial = rest
        return records

    def due_at(self) -> float | None:
        """When the piece that is held is to be shown, by the monotonic clock; None when nothing is held."""
        return self._since + OPEN_AFTER_S if self._partial else None

    def flush(self, now: int) -> list[LogRecord]:
        """The piece that is held, as an open record."""
        if not self._partial:
            return []
        record = LogRecord(now, self.stream, self._partial)
        self._partial = b""
        return [record]


def _pieces(record: LogRecord) -> list[LogRecord]:
    body = record.body
    if len(body) <= MAX_RECORD_BYTES:
        return [record]
    return [
        LogRecord(record.time, record.stream, body[at : at + MAX_RECORD_BYTES])
        for at in range(0, len(body), MAX_RECORD_BYTES)
    ]
