"""Where metrics became NaN or infinite: the sample store is asked for buckets, ever narrower around the first."""

import asyncio
import math
from collections.abc import Sequence
from uuid import UUID

from mltui.wire.samples import SeriesSummary
from mltui.wire.why import NonFinite
from mltui_server.samples.store import SampleStore, Selection, StoreError

BUCKETS = 500
LOOKS = 8
"""Each narrows down four hundredfold: enough for every step there is."""
WITHIN_S = 3.0


async def beginnings(
    store: SampleStore, run: UUID, series: Sequence[SeriesSummary], within_s: float = WITHIN_S
) -> list[NonFinite]:
    """The first non-finite step of each series, the earliest first. A store that is slow or away leaves steps out."""
    found = [NonFinite(key=one.key, count=one.nonfinite, step=None) for one in series]
    try:
        async with asyncio.timeout(within_s):
            for one, summary in zip(found, series, strict=True):
                if summary.last_step is not None:
                    one.step = await _first_step(store, run, one.key)
    except (StoreError, TimeoutError):
        pass
    return sorted(found, key=lambda one: (one.step is None, one.step, one.key))


async def _first_step(store: SampleStore, run: UUID, key: str) -> int | None:
    low: float | None = None
    high: float | None = None
    for _ in range(LOOKS):
        buckets = await store.buckets(Selection(run, [key], "step", low, high), BUCKETS)
        if buckets is None or not buckets.series:
            return None
        (columns,) = buckets.series
        first = next((index for index, bad in zip(columns.index, columns.nonfinite, strict=True) if bad), None)
        if first is None:
            return None
        # Borders may lie between steps.
        low = max(buckets.low, math.ceil(buckets.grid.border(first)))
        high = min(buckets.high, math.ceil(buckets.grid.border(first + 1)) - 1)
        if low >= high:
            break
    return None if low is None else int(low)
