"""Samples as lines of CSV."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import pyarrow as pa
import pyarrow.compute as pc

from mltui_server.lib.errors import Unavailable
from mltui_server.samples.store import StoreError

HEADER = b"key,step,time,value\n"


async def begun(pieces: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    """The same pieces, once the first is there: until then an error can be said. Later the answer is cut short."""
    return _resumed(await anext(pieces), pieces)


async def _resumed(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(rest):
        yield first
        try:
            async for piece in rest:
                yield piece
        except StoreError as error:
            raise Unavailable(str(error)) from None


def csv_lines(key: str, batch: pa.RecordBatch) -> bytes:
    """Lines of one series' (step, time, value): times ISO 8601 in UTC with nanoseconds, NaN and Infinity as words."""
    steps = pc.fill_null(batch["step"].cast(pa.string()), "")
    lines = pc.binary_join_element_wise(quoted(key), steps, iso_times(batch["time"]), words(batch["value"]), ",")
    return ("\n".join(lines.to_pylist()) + "\n").encode() if len(batch) else b""


def iso_times(times: pa.Int64Array) -> pa.StringArray:
    """ISO 8601 in UTC with nine digits, from ns."""
    return pc.replace_substring(times.cast(pa.timestamp("ns", "UTC")).cast(pa.string()), " ", "T")


def words(values: pa.DoubleArray) -> pa.StringArray:
    """Numbers as text."""
    words = pc.if_else(pc.greater(values, 0.0), "Infinity", "-Infinity")
    words = pc.if_else(pc.is_nan(values), "NaN", words)
    return pc.if_else(pc.is_finite(values), values.cast(pa.string()), words)


def quoted(text: str) -> str:
    """As RFC 4180 has it."""
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\r\n') else text
