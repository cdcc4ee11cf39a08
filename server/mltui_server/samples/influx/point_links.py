"""Whether a histogram's points grew one from another, in a number that InfluxDB can sum up.

A point's fingerprint is of its counts. Its link is that fingerprint less the one of the point before, where it grew
from that; where it began anew, or nobody knows what was before, nothing is taken off. So links of points that grew one
from another add up to the last one's fingerprint less that of the point before them all, and those of others do not:
not after a restart of the source, and not where a point came late, took another's place, or got lost.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

SERIES = 20_000
"""Whose last points are remembered; the next point of another is taken for one that began anew."""


@dataclass(frozen=True)
class _Written:
    time: int
    bounds: str
    counts: Sequence[float]
    mark: int
    fingerprint: int


class Links:
    """Remembers what this process wrote last."""

    def __init__(self) -> None:
        self._last: dict[int, _Written] = {}

    def add(self, series: int, time: int, bounds: str, counts: Sequence[float], mark: int) -> int:
        """The link of a point that is written now. `mark`: its `nf`, which all that grow one from another share."""
        now = _Written(time, bounds, counts, mark, fingerprint(bounds, counts_text(counts)))
        before = self._last.pop(series, None)
        self._last[series] = now
        if len(self._last) > SERIES:
            del self._last[next(iter(self._last))]
        return now.fingerprint - (before.fingerprint if before and _grew(before, now) else 0)


def _grew(before: _Written, now: _Written) -> bool:
    return (
        before.time < now.time
        and (before.bounds, before.mark) == (now.bounds, now.mark)
        and all(old <= new for old, new in zip(before.counts, now.counts, strict=True))
    )


def counts_text(counts: Sequence[float]) -> str:
    """As the `counts` field has them."""
    return " ".join(map(repr, counts))


def fingerprint(bounds: str, counts: str) -> int:
    """Of both fields, 32 bits."""
    return zlib.crc32(f"{bounds} {counts}".encode())
