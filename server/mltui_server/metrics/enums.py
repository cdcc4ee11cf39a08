"""How long an enum was in which state: points to seconds by bucket of time, in memory that points do not add to."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from mltui.wire.metrics import EnumSeries
from mltui_server.lib.errors import Invalid
from mltui_server.metrics.successive import Floats, Integers, Successive, bucket_of

MAX_STATES = 100
"""Of one answer."""
SECOND_NS = 10**9


class Durations:
    """`borders`: of the buckets, ns. `before`: the last point of each series before them; its state goes on."""

    def __init__(self, borders: Integers, before: pa.Table) -> None:
        self._borders = borders
        self._successive = Successive(before)
        self._codes: dict[str, int] = {}
        self._spent: dict[tuple[int, int], Integers] = {}
        """By series and state: ns in each bucket."""
        self._since: dict[int, int] = {}
        self._began(before)

    def add(self, batch: pa.RecordBatch) -> None:
        """Points within the borders, in the order of time. Raises Invalid for more than MAX_STATES states."""
        points, follows = self._successive.add(batch)
        series, times = points["series"].to_numpy(), points["time"].to_numpy()
        codes = self._coded(points)
        ends = np.flatnonzero(follows)
        self._spend(series[ends], codes[ends - 1], times[ends - 1], times[ends])
        self._began(points.filter(pa.array(~follows)))
        changed = ends[codes[ends] != codes[ends - 1]]
        self._since |= dict(zip(series[changed].tolist(), times[changed].tolist(), strict=True))

    def _began(self, points: pa.Table) -> None:
        """The first of each series, unless an earlier one is known."""
        for series, time in zip(points["series"].to_pylist(), points["time"].to_pylist(), strict=True):
            self._since.setdefault(series, time)

    def _coded(self, points: pa.Table) -> Integers:
        words = points["state"].combine_chunks().dictionary_encode()
        for state in words.dictionary.to_pylist():
            self._codes.setdefault(state, len(self._codes))
        if len(self._codes) > MAX_STATES:
            raise Invalid(f"more than {MAX_STATES} states occur; ask for fewer label sets or a narrower range")
        known = np.array([self._codes[state] for state in words.dictionary.to_pylist()], np.int64)
        codes: Integers = known[words.indices.to_numpy()]
        return codes

    def _spend(self, series: Integers, codes: Integers, starts: Integers, ends: Integers) -> None:
        """Each series was in a state from start to end."""
        starts = np.maximum(starts, self._borders[0])
        pairs, which = np.unique(np.stack([series, codes]), axis=1, return_inverse=True)
        for at, (one, code) in enumerate(pairs.T.tolist()):
            spent = self._spent.setdefault((one, code), np.zeros(len(self._borders) - 1, np.int64))
            mine = which == at
            spent += _spread(self._borders, starts[mine], ends[mine])

    def close(self, until: int) -> None:
        """The last states go on until then."""
        last = self._successive.last
        ends = np.full(len(last), until, np.int64)
        times = last["time"].to_numpy()
        lasting = (times < until) & (until > self._borders[0])
        self._spend(last["series"].to_numpy()[lasting], self._coded(last)[lasting], times[lasting], ends[lasting])

    @property
    def states(self) -> list[str]:
        return sorted(self._codes)

    def series(self, labels: Mapping[int, Mapping[str, str]], x: Integers | Floats) -> list[EnumSeries]:
        """Those of `labels` (by series) that have a state. `x`: where buckets begin, in the answer's unit."""
        last = self._successive.last
        states = dict(zip(last["series"].to_pylist(), last["state"].to_pylist(), strict=True))
        return [self._one(id_, found, states[id_], x) for id_, found in labels.items() if id_ in states]

    def _one(self, id_: int, labels: Mapping[str, str], last: str, x: Integers | Floats) -> EnumSeries:
        spent = {
            state: ns for state in self.states if (ns := self._spent.get((id_, self._codes[state]))) is not None
        }  # fmt: skip
        known = np.flatnonzero(sum(spent.values(), np.zeros(len(self._borders) - 1, np.int64)))
        durations = {state: int(ns.sum()) / SECOND_NS for state, ns in spent.items()}
        whole = sum(durations.values())
        return EnumSeries(
            labels=dict(labels),
            x=x[known].tolist(),
            states={state: (ns[known] / SECOND_NS).tolist() for state, ns in spent.items()},
            durations=durations,
            shares={state: seconds / whole for state, seconds in durations.items()} if whole else {},
            last=last,
            since=self._since[id_] / SECOND_NS,
        )


def _spread(borders: Integers, starts: Integers, ends: Integers) -> Integers:
    """What lies in each bucket of these spans, within the borders, together."""
    count = len(borders) - 1
    first, last = bucket_of(starts, borders), bucket_of(ends, borders)
    inside = first == last
    spent = np.zeros(count, np.int64)
    np.add.at(spent, first, np.where(inside, ends, borders[first + 1]) - starts)
    np.add.at(spent, last, np.where(inside, 0, ends - borders[last]))
    # Buckets that a span covers wholly: it comes in at one and goes out at another.
    covering = np.zeros(count + 1, np.int64)
    np.add.at(covering, first[~inside] + 1, 1)
    np.add.at(covering, last[~inside], -1)
    return spent + np.cumsum(covering)[:-1] * np.diff(borders)
