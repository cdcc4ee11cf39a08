"""A batch's way in: decoded, checked, and packed into the columns that the inbox keeps.

Packed, 1,000 samples are one blob of 24 KB that Arrow reads without a copy.
"""

from array import array
from collections.abc import Sequence

import msgspec

from mltui.wire.base import Number, in_words, to_float
from mltui.wire.samples import MAX_BATCH_SAMPLES, MAX_STEP, KeySamples, SampleBatch
from mltui_server.lib.content_type import MSGPACK
from mltui_server.lib.errors import Fault, Invalid

MAX_BODY_BYTES = 16 * 1024 * 1024
MAX_TIME = 7_258_118_400 * 10**9
"""The year 2200, ns: below the end of int64, so that the next free nanosecond always exists."""

_json = msgspec.json.Decoder(SampleBatch)
_msgpack = msgspec.msgpack.Decoder(SampleBatch)


class PackedSeries(msgspec.Struct, array_like=True, frozen=True):
    """One key's samples. Columns of 8-byte numbers: times and steps int64, values float64."""

    key: str
    times: bytes
    values: bytes
    steps: bytes | None


class PackedBatch(msgspec.Struct, frozen=True):
    """A whole batch, checked. `writer` and `seq` are both there or both None."""

    samples: int
    body: bytes
    writer: str | None
    seq: int | None


_packed = msgspec.msgpack.Decoder(list[PackedSeries])
_encoder = msgspec.msgpack.Encoder()


def encode(series: Sequence[PackedSeries]) -> bytes:
    """What an inbox row's body holds."""
    return _encoder.encode(series)


def decode(body: bytes) -> list[PackedSeries]:
    """The reverse of `encode`. Raises ValueError for anything else."""
    series = _packed.decode(body)
    for one in series:
        lengths = {len(column) for column in (one.times, one.values, one.steps) if column is not None}
        if len(lengths) != 1 or lengths.pop() % 8:
            raise ValueError(f"columns of {one.key!r} differ in length")
    return series


def read(body: bytes, content_type: str) -> PackedBatch:
    """The batch in a request's body: msgpack if `content_type` says so, else JSON.

    Raises Invalid naming what is wrong and where, msgspec.DecodeError for what is neither.
    """
    try:
        batch = (_msgpack if content_type == MSGPACK else _json).decode(body)
    except msgspec.ValidationError as error:
        message, _, path = in_words(str(error)).partition(" - at `")
        raise _invalid(path.rstrip("`") or "$", message) from None
    _check_writer(batch)
    samples = sum(len(one.times) for one in batch.series)
    if samples > MAX_BATCH_SAMPLES:
        raise _invalid("$.series", f"{samples} samples; a batch holds at most {MAX_BATCH_SAMPLES}")
    packed = [_pack(one, f"$.series[{index}]") for index, one in enumerate(batch.series)]
    return PackedBatch(samples, encode(packed), batch.writer, batch.seq)


def _check_writer(batch: SampleBatch) -> None:
    if (batch.writer is None) != (batch.seq is None):
        raise _invalid("$.seq", "writer and seq come together: give both, or neither")
    if batch.seq is not None and not 1 <= batch.seq < 2**63:
        raise _invalid("$.seq", f"{batch.seq} is not a sequence number; a writer's first batch is 1")
    if batch.writer is not None and not (0 < len(batch.writer) <= 200 and batch.writer.isprintable()):
        raise _invalid("$.writer", "a writer's name is 1 to 200 printable characters")


def _pack(series: KeySamples, path: str) -> PackedSeries:
    count = len(series.times)
    for name, column in (("values", series.values), ("steps", series.steps)):
        if column is not None and len(column) != count:
            raise _invalid(f"{path}.{name}", f"{len(column)} {name} for {count} times; columns have one length")
    return PackedSeries(
        series.key,
        _integers(series.times, f"{path}.times", 0, MAX_TIME, "ns since 1970"),
        _values(series.values, f"{path}.values"),
        None if series.steps is None else _integers(series.steps, f"{path}.steps", -MAX_STEP, MAX_STEP, "a step"),
    )


def _integers(numbers: Sequence[int], path: str, low: int, high: int, what: str) -> bytes:
    if numbers and not (low <= min(numbers) and max(numbers) <= high):
        index = next(i for i, number in enumerate(numbers) if not low <= number <= high)
        raise _invalid(f"{path}[{index}]", f"{numbers[index]} is out of range: {what} is {low} to {high}")
    return array("q", numbers).tobytes()


def _values(values: Sequence[Number], path: str) -> bytes:
    try:
        return array("d", values).tobytes()  # type: ignore[type-var] # strings raise, and are rare
    except TypeError:
        return array("d", [_value(value, f"{path}[{index}]") for index, value in enumerate(values)]).tobytes()


def _value(value: Number, path: str) -> float:
    try:
        return to_float(value)
    except ValueError as error:
        raise _invalid(path, str(error)) from None


def _invalid(path: str, message: str) -> Invalid:
    return Invalid(f"{path}: {message}", [Fault(path, message)])
