"""Columns of numbers as one text: InfluxDB hands over a field of many numbers far faster than many fields."""

import base64
import threading
from collections.abc import Sequence

import numpy as np
import zstandard

from mltui_server.samples.influx.cells import FLOATS, INTEGERS, Cells
from mltui_server.samples.influx.series import Floats, Integers, Samples

LEVEL = 1


class _Codec(threading.local):
    """Making one takes longer than compressing a few cells; threads cannot share one."""

    def __init__(self) -> None:
        self.compress = zstandard.ZstdCompressor(LEVEL).compress
        self.decompress = zstandard.ZstdDecompressor().decompress


_codec = _Codec()


def pack(integers: Sequence[Integers], floats: Sequence[Floats]) -> str:
    """Columns of one length: 64-bit integers by their differences, floats as they are; zstd, then base64."""
    # What grows evenly has equal differences, and compresses to nothing. Differences wrap around, and so do sums.
    steps = np.array(integers)
    steps[:, 1:] -= steps[:, :-1].copy()
    return base64.b64encode(_codec.compress(b"".join((steps.tobytes(), *(one.tobytes() for one in floats))))).decode()


def unpack(text: str, integers: int, floats: int) -> tuple[list[Integers], list[Floats]]:
    """The reverse, of so many columns of each kind."""
    columns = np.frombuffer(_codec.decompress(base64.b64decode(text)), np.int64).reshape(integers + floats, -1)
    return list(np.cumsum(columns[:integers], axis=1)), list(columns[integers:].view(np.float64))


def pack_cells(cells: Cells) -> str:
    columns = cells.columns()
    return pack(columns[:INTEGERS], columns[INTEGERS:])  # type: ignore[arg-type]


def unpack_cells(text: str) -> Cells:
    integers, floats = unpack(text, INTEGERS, FLOATS)
    return Cells(*integers, *floats)  # type: ignore[arg-type]


def pack_samples(samples: Samples) -> str:
    return pack([samples.times, samples.steps], [samples.values])


def unpack_samples(text: str) -> Samples:
    (times, steps), (values,) = unpack(text, 2, 1)
    return Samples(times, steps, values)
