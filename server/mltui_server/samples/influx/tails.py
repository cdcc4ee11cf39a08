"""The last samples of series, which are in no block yet: kept, so that they need not be read to make one."""

from collections import OrderedDict
from dataclasses import dataclass

from mltui_server.samples.influx.rollups import UNIT
from mltui_server.samples.influx.series import Samples, joined_samples
from mltui_server.samples.store import SeriesName

KEPT_SAMPLES = 1_000_000
"""Over all series: 24 MB. Those that have grown last are kept."""


@dataclass(frozen=True)
class Tail:
    """Samples of a series from number `begin` on."""

    begin: int
    parts: list[Samples]

    def __len__(self) -> int:
        return sum(map(len, self.parts))


class Tails:
    def __init__(self) -> None:
        self._tails: OrderedDict[SeriesName, Tail] = OrderedDict()
        self._kept = 0

    def before(self, name: SeriesName, end: int) -> Samples | None:
        """The samples before number `end` that are in one unit with it; None: they are not here."""
        begin, tail = end - end % UNIT, self._tails.get(name)
        if tail is None or tail.begin != begin or begin + len(tail) < end:
            return None
        return joined_samples(tail.parts).part(0, end - begin)

    def grow(self, name: SeriesName, start: int, samples: Samples) -> None:
        """Samples from number `start` on: what is here of later ones is from an attempt that broke off."""
        end = start + len(samples)
        begin = end - end % UNIT
        tail = self._tails.pop(name, Tail(start, []))
        self._kept -= len(tail)
        if begin >= start:
            tail = Tail(begin, [samples.part(begin - start, len(samples)).copy()])
        elif tail.begin == begin and begin + len(tail) == start:
            tail.parts.append(samples.copy())
        else:
            return
        self._tails[name] = tail
        self._kept += len(tail)
        while self._kept > KEPT_SAMPLES:
            _, oldest = self._tails.popitem(last=False)
            self._kept -= len(oldest)
