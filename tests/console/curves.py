"""Series with fixed contents: noisy losses, a spike of one step, a stretch of NaN."""

import math

from mltui.console.state.series import SeriesRequest
from mltui.wire.samples import Series, SeriesBuckets

STEPS = 5000
SPIKE_AT = 3111
SPIKE = 4.5
NAN_STEPS = range(4200, 4400)


def value(key: str, step: int) -> float | None:
    """What was logged; None stands for NaN."""
    if key == "val/loss" and step in NAN_STEPS:
        return None
    if key == "lr":
        return 1e-3 * 0.5 * (1 + math.cos(math.pi * step / STEPS))
    if key == "train/loss" and step == SPIKE_AT:
        return SPIKE
    seed = sum(map(ord, key))
    noise = (step * 2654435761 + seed * 97) % 1000 / 1000 - 0.5
    level = 2.3 * math.exp(-step / (700 + seed * 7 % 600)) + 0.15 + seed % 5 * 0.05
    return (1 - level / 2.9 if "acc" in key else level) * (1 + 0.25 * noise)


def make_buckets(key: str, start: float, end: float, count: int) -> SeriesBuckets:
    buckets = SeriesBuckets(key=key, x=[], min=[], max=[], first=[], last=[], mean=[], count=[], nonfinite=[])
    width = (end - start) / count
    for i in range(count):
        begin, stop = math.ceil(start + i * width), math.ceil(start + (i + 1) * width)
        values = [value(key, step) for step in range(max(0, begin), min(STEPS, stop))]
        finite = [v for v in values if v is not None]
        if not values:
            continue
        buckets.x.append(start + i * width)
        buckets.min.append(min(finite, default=None))
        buckets.max.append(max(finite, default=None))
        buckets.first.append(finite[0] if finite else None)
        buckets.last.append(finite[-1] if finite else None)
        buckets.mean.append(sum(finite) / len(finite) if finite else None)
        buckets.count.append(len(values))
        buckets.nonfinite.append(len(values) - len(finite))
    return buckets


class CurveServer:
    """Answers like the series endpoint, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[SeriesRequest] = []
        self.error: Exception | None = None

    async def fetch(self, request: SeriesRequest) -> Series:
        self.asked.append(request)
        if self.error is not None:
            raise self.error
        start = 0.0 if request.start is None else request.start
        end = STEPS - 1.0 if request.end is None else request.end
        series = [make_buckets(key, start, end, request.buckets) for key in request.keys]
        return Series(axis=request.axis, start=start, end=end, width=(end - start) / request.buckets, series=series)
