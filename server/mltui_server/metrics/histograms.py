"""What was observed between the points of histograms: increases of their counters by bucket of time, and quantiles."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mltui.wire.base import to_number
from mltui.wire.metrics import HistogramData, HistogramSeries
from mltui_server.metrics.successive import Floats, Integers, Successive, bucket_of

Bounds = tuple[float, ...]


class Increases:
    """`borders`: of the buckets, ns. `before`: the last point of each series before them, from which it grows.

    A point of which any count is less than before, or which has other bounds, began anew: all that it counts is new.
    Of a series' first point nobody knows since when it counts: only what comes after it is an increase.
    """

    def __init__(self, borders: Integers, before: pa.Table) -> None:
        self._borders, self._count = borders, len(borders) - 1
        self._successive = Successive(before)
        self._kinds: dict[bytes, int] = {}
        """By their bytes: the bounds that occur."""
        self._grown: dict[tuple[int, int], Floats] = {}
        """By series and kind: a row a bucket, cumulative over the bounds."""
        self._sums: dict[int, Floats] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        """Points within the borders, in the order of time."""
        points, follows = self._successive.add(batch)
        rows = _Rows(points, self._kinds)
        at = np.flatnonzero(follows)
        series, buckets = rows.series[at], bucket_of(rows.times[at], self._borders)
        began_anew = np.ones(len(at), bool)
        for kind, bounds in enumerate(self._bounds()):
            mine = np.flatnonzero(rows.kinds[at] == kind)
            grown, began_anew[mine] = rows.increase(at[mine], len(bounds))
            for one in np.unique(series[mine]).tolist():
                its = series[mine] == one
                total = self._grown.setdefault((one, kind), np.zeros((self._count, len(bounds))))
                np.add.at(total, buckets[mine][its], grown[its])
        # Sums may be infinite: what such a one grew by is no number.
        with np.errstate(invalid="ignore"):
            sums = rows.sums[at] - np.where(began_anew, 0.0, rows.sums[at - 1])
            for one in np.unique(series).tolist():
                its = series == one
                np.add.at(self._sums.setdefault(one, np.zeros(self._count)), buckets[its], sums[its])

    def _bounds(self) -> list[Bounds]:
        return [tuple(np.frombuffer(kind).tolist()) for kind in self._kinds]

    def data(
        self,
        labels: Mapping[int, Mapping[str, str]],
        x: Floats,
        quantiles: Sequence[str],
        *,
        start: float,
        end: float,
        width: float,
        cursor: int,
    ) -> HistogramData:
        """Those of `labels` (by series) of which something was observed. `quantiles` as they were asked for."""
        kinds = self._bounds()
        bounds = _common([kinds[kind] for kind in {kind for _, kind in self._grown}])
        together, sums = np.zeros((self._count, len(bounds))), np.zeros(self._count)
        series = []
        for id_, found in labels.items():
            mine = [(kinds[kind], grown) for (one, kind), grown in self._grown.items() if one == id_]
            own = _common([kind for kind, _ in mine])
            grown = _within(own, mine, self._count)
            if grown[:, -1:].any():
                series.append(_columns(dict(found), own, grown, self._sums[id_], x, quantiles))
                together += _within(bounds, mine, self._count)
                sums += self._sums[id_]
        observed = np.flatnonzero(together[:, -1])
        return HistogramData(
            start=start,
            end=end,
            width=width,
            le=[to_number(bound) for bound in bounds],
            total=_columns({}, bounds, together, sums, x, quantiles),
            bands=np.diff(together[observed], axis=1, prepend=0.0).tolist(),
            series=series,
            cursor=cursor,
        )


class _Rows:
    """Points of histograms, their counts all in one column."""

    def __init__(self, points: pa.Table, kinds: dict[bytes, int]) -> None:
        self.series, self.times = points["series"].to_numpy(), points["time"].to_numpy()
        self.sums: Floats = points["sum"].to_numpy()
        le, counts = (points[name].combine_chunks() for name in ("le", "n"))
        self._starts: Integers = counts.offsets.to_numpy().astype(np.int64)
        self._counts: Floats = counts.values.to_numpy()
        bounds, ends = le.values.to_numpy(), le.offsets.to_numpy().tolist()
        found = [bounds[start:end].tobytes() for start, end in pairwise(ends)]
        self.kinds = np.array([kinds.setdefault(kind, len(kinds)) for kind in found], np.int64)

    def increase(self, at: Integers, width: int) -> tuple[Floats, NDArray[np.bool_]]:
        """By how much the rows `at`, of one kind, are more than those before them; and which of them began anew."""
        same = self.kinds[at - 1] == self.kinds[at]
        now = self._matrix(at, width)
        before = np.where(same[:, None], self._matrix(np.where(same, at - 1, at), width), 0.0)
        anew = ~same | (now < before).any(axis=1)
        return np.where(anew[:, None], now, now - before), anew

    def _matrix(self, at: Integers, width: int) -> Floats:
        found: Floats = self._counts[self._starts[at][:, None] + np.arange(width)]
        return found


def _common(kinds: Sequence[Bounds]) -> Bounds:
    """Bounds that all have; infinity is always one."""
    if not kinds:
        return (np.inf,)
    return tuple(sorted(frozenset(kinds[0]).intersection(*kinds[1:])))


def _within(bounds: Bounds, parts: Sequence[tuple[Bounds, Floats]], count: int) -> Floats:
    """The sum of the parts, with the columns of `bounds` only, which all of them have.

    Where a band shrank, as no counter does, what is cumulative stays so.
    """
    total = np.zeros((count, len(bounds)))
    for kind, grown in parts:
        total += np.maximum.accumulate(grown, axis=1)[:, [kind.index(bound) for bound in bounds]]
    return total


def _columns(
    labels: dict[str, str], bounds: Bounds, grown: Floats, sums: Floats, x: Floats, quantiles: Sequence[str]
) -> HistogramSeries:
    """Buckets of time in which anything was observed."""
    observed = np.flatnonzero(grown[:, -1])
    return HistogramSeries(
        labels=labels,
        x=x[observed].tolist(),
        count=grown[observed, -1].tolist(),
        sum=[value if np.isfinite(value) else None for value in sums[observed].tolist()],
        quantiles={text: [quantile(float(text), bounds, row) for row in grown[observed]] for text in quantiles},
    )


def quantile(share: float, bounds: Bounds, counts: Floats) -> float | None:
    """As Prometheus' histogram_quantile: linear within its band, which begins at 0 if it is the first and positive.

    The band without an upper bound gives its lower one. 0 is where the first band with observations begins, 1 where the
    last ends. `counts` are cumulative. None where no band has a bound.
    """
    if len(bounds) < 2:
        return None
    rank = share * float(counts[-1])
    at = int(np.searchsorted(counts[:-1], rank, "left" if rank else "right"))
    if at == len(bounds) - 1:
        return bounds[-2]
    if at == 0 and bounds[0] <= 0:
        return bounds[0]
    start, below = (bounds[at - 1], float(counts[at - 1])) if at else (0.0, 0.0)
    return start + (bounds[at] - start) * (rank - below) / (float(counts[at]) - below)
