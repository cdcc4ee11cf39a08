"""Points of a request, checked against their metric. Everything that is stored has passed here."""

import asyncio
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any

from mltui.wire.base import Number, to_float
from mltui.wire.metrics import MAX_STATE, DataPoint, MetricType
from mltui_server.lib.errors import Fault, Invalid
from mltui_server.metrics.inbox import Incoming
from mltui_server.metrics.known import KnownMetric, Values
from mltui_server.metrics.times import iso_time
from mltui_server.samples.batch import MAX_TIME

MAX_FAULTS = 20
"""Of one answer: what follows is mostly the same."""
AT_ONCE = 200
"""Points that are checked before others have their turn."""
MAX_LABEL_VALUE = 500
MAX_LABELS_BYTES = 16_384
"""Of all values of a label set: InfluxDB takes 65,535 for what tells a series, and may need two for one."""
MAX_BOUNDS = 200
LEAST_TIME = 10**16
"""April 1970, ns: below are seconds, milliseconds and microseconds of our days."""
FIELDS = {
    MetricType.GAUGE: ("value",),
    MetricType.ENUM: ("state",),
    MetricType.HISTOGRAM: ("buckets", "sum", "count"),
}
ALL_FIELDS = tuple(name for names in FIELDS.values() for name in names)

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""All but line break and tab: a terminal would obey them. And halves of characters, which no database keeps."""


@dataclass
class Checker:
    """Points of one metric, one after the other. `now`: the time of the first of those that bring none, ns; each
    further one has a nanosecond more, so that none takes another's place.

    `absent_labels`: a label that is absent is empty, as in Prometheus; otherwise it is a fault.
    """

    metric: KnownMetric
    now: int
    faults: list[Fault] = field(default_factory=list)
    absent_labels: bool = False

    def __post_init__(self) -> None:
        self._labels: list[Values] = []
        self._times: list[int] = []
        self._rows: list[tuple[Any, ...]] = []
        self._row: Callable[[DataPoint], tuple[Any, ...]] = {
            MetricType.GAUGE: _gauge, MetricType.ENUM: _enum, MetricType.HISTOGRAM: _histogram
        }[self.metric.type]  # fmt: skip
        self._foreign = [name for name in ALL_FIELDS if name not in FIELDS[self.metric.type]]

    def add(self, point: DataPoint, path: str) -> None:
        """`path`: where the point is, as faults name it before the field, as in `$.points[17].`."""
        try:
            labels = self._values(point.labels)
            time = self.now + len(self._times) if point.timestamp is None else _time(point.timestamp)
            self._refuse_foreign(point)
            row = self._row(point)
        except _Wrong as wrong:
            self.faults.append(Fault(f"{path}{wrong.where}", wrong.message))
            return
        self._labels.append(labels)
        self._times.append(time)
        self._rows.append(row)

    def points(self) -> Incoming:
        columns = list(zip(*self._rows, strict=True)) if self._rows else [() for _ in range(3)]
        return Incoming(self.metric, self._labels, self._times, columns)

    def _values(self, labels: Mapping[str, str]) -> Values:
        keys = self.metric.keys
        if self.absent_labels:
            labels = dict.fromkeys(keys, "") | dict(labels)
        if len(labels) != len(keys) or any(key not in labels for key in keys):
            raise _Wrong("labels", f"Labels must contain exactly these keys: {list(keys)}")
        values = tuple([labels[key] for key in keys])
        if values not in self.metric.sets:
            for key, value in labels.items():
                _check_label(key, value)
            if (size := len("".join(values).encode())) > MAX_LABELS_BYTES:
                raise _Wrong(
                    "labels", f"the values have {size:,} bytes in all; at most {MAX_LABELS_BYTES:,} are allowed"
                )
        return values

    def _refuse_foreign(self, point: DataPoint) -> None:
        for name in self._foreign:
            if getattr(point, name) is not None:
                takes = " and ".join(FIELDS[self.metric.type])
                raise _Wrong(name, f"{self.metric.name!r} is of type {self.metric.type}, which takes {takes}")


async def check(metric: KnownMetric, points: Sequence[DataPoint], now: int, path: Callable[[int], str]) -> Incoming:
    """Raises Invalid with a fault for each point that is wrong, up to MAX_FAULTS."""
    checker = Checker(metric, now)
    for index, point in enumerate(points):
        if index and not index % AT_ONCE:
            await asyncio.sleep(0)
        checker.add(point, path(index))
        if len(checker.faults) == MAX_FAULTS:
            break
    refuse(checker.faults)
    return checker.points()


def refuse(faults: Sequence[Fault]) -> None:
    """Raises Invalid if there are any."""
    if faults:
        more = "; and perhaps more" if len(faults) >= MAX_FAULTS else ""
        raise Invalid("; ".join(f"{fault.path}: {fault.message}" for fault in faults[:3]) + more, faults)


class _Wrong(Exception):
    def __init__(self, where: str, message: str) -> None:
        self.where, self.message = where, message


def _check_label(key: str, value: str) -> None:
    where = f"labels.{key}"
    if len(value) > MAX_LABEL_VALUE:
        raise _Wrong(where, f"the value has {len(value)} characters; a label's value has at most {MAX_LABEL_VALUE}")
    if CONTROL.search(value):
        raise _Wrong(
            where, f"{value!r} has control characters in it; of those, a label's value has line breaks and tabs"
        )


def _time(given: str | int) -> int:
    if isinstance(given, str):
        try:
            return iso_time(given, ", or as nanoseconds since 1970")
        except ValueError as error:
            raise _Wrong("timestamp", str(error)) from None
    if LEAST_TIME <= given <= MAX_TIME:
        return given
    unit = "; this looks like seconds, or a part of them" if 0 < given < LEAST_TIME else ""
    raise _Wrong("timestamp", f"{given} is out of range: nanoseconds since 1970, up to the year 2200{unit}")


def _gauge(point: DataPoint) -> tuple[float]:
    if point.value is None:
        raise _Wrong("value", "it is missing; a point of a gauge has a value")
    return (_number(point.value, "value"),)


def _enum(point: DataPoint) -> tuple[str]:
    if point.state is None:
        raise _Wrong("state", "it is missing; a point of an enum has a state")
    if not 0 < len(point.state) <= MAX_STATE:
        raise _Wrong("state", f"it has {len(point.state)} characters; a state has 1 to {MAX_STATE}")
    if CONTROL.search(point.state) or "\n" in point.state:
        raise _Wrong("state", f"{point.state!r} has control characters in it")
    return (point.state,)


def _histogram(point: DataPoint) -> tuple[tuple[float, ...], tuple[float, ...], float | None]:
    if not point.buckets:
        raise _Wrong("buckets", 'it is missing; a point of a histogram has buckets, as {"0.5": 3, "+Inf": 4}')
    texts, bounds = _bounds(tuple(point.buckets))
    counts: list[float] = []
    for text in texts:
        count = _number(point.buckets[text], f"buckets.{text}")
        if not 0 <= count < math.inf:
            raise _Wrong(f"buckets.{text}", f"{count} is no count; a count is 0 or more, and finite")
        if counts and count < counts[-1]:
            before = f'{counts[-1]:g} at "{texts[len(counts) - 1]}"'
            raise _Wrong(f"buckets.{text}", f"{count:g} is less than {before}: each bucket counts all below its bound")
        counts.append(count)
    if point.count is not None and _number(point.count, "count") != counts[-1]:
        raise _Wrong("count", f'{point.count} is not {counts[-1]:g}, the count of the bucket "+Inf"')
    return bounds, tuple(counts), None if point.sum is None else _number(point.sum, "sum")


@lru_cache(4096)
def _bounds(texts: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The bounds in order, as they are written and as numbers."""
    if len(texts) > MAX_BOUNDS:
        raise _Wrong("buckets", f"{len(texts)} buckets; a histogram has at most {MAX_BOUNDS}")
    ordered = sorted((_bound(text), text) for text in texts)
    for (bound, text), (following, other) in pairwise(ordered):
        if bound == following:
            raise _Wrong("buckets", f'"{text}" and "{other}" are the same bound; each is there once')
    if ordered[-1][0] != math.inf:
        raise _Wrong("buckets", 'the bucket "+Inf" is missing, which counts all')
    return tuple(text for _, text in ordered), tuple(bound for bound, _ in ordered)


def _bound(text: str) -> float:
    try:
        bound = float(text)
    except ValueError:
        bound = math.nan
    if bound > -math.inf:
        return bound
    raise _Wrong("buckets", f'"{text}" is no bound; a bound is a number, or "+Inf"')


def _number(value: Number, where: str) -> float:
    try:
        return to_float(value)
    except ValueError as error:
        raise _Wrong(where, str(error)) from None
