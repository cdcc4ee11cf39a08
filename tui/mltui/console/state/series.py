"""The buckets that charts show: which keys, over which range, at how many columns, how smooth."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from mltui.wire.samples import Axis, Series, SeriesBuckets

MAX_SMOOTHING = 0.99


@dataclass(frozen=True, slots=True)
class SeriesRequest:
    """What to ask of the server. `start` and `end` are in units of `axis`; both None means all there is."""

    keys: tuple[str, ...]
    buckets: int
    axis: Axis
    start: float | None
    end: float | None


Fetch = Callable[[SeriesRequest], Awaitable[Series]]


@dataclass(frozen=True, slots=True)
class Curve:
    """One series as a chart draws it."""

    key: str
    colour: int
    """From 0; which of the theme's colours for series."""
    buckets: SeriesBuckets
    line: Sequence[float | None]
    """A value a bucket: its mean, smoothed if that was asked for."""
    short: str = ""
    """What stands for the key where there is little room; empty for the key itself."""


def smooth(values: Sequence[float | None], weight: float) -> list[float | None]:
    """Exponential moving average, `weight` in [0, 1) for what came before; without the pull towards 0 at the start.

    A gap stays a gap. Divided by 1 - weight^n as in Adam (Kingma and Ba, 2015, section 3).

    >>> smooth([1.0, None, 1.0], 0.9) == [1.0, None, 1.0]
    True
    """
    total, mass = 0.0, 0.0
    result: list[float | None] = []
    for value in values:
        if value is None:
            result.append(None)
            continue
        total = weight * total + (1 - weight) * value
        mass = weight * mass + (1 - weight)
        result.append(total / mass)
    return result


def _nothing() -> None:
    pass


class SeriesState:
    """Asks for exactly the columns that are drawn. One request is under way at a time; an answer to
    another question than the present one is dropped. Needs a running event loop.
    """

    def __init__(
        self,
        fetch: Fetch,
        keys: Sequence[str] = (),
        *,
        axis: Axis = "step",
        on_change: Callable[[], None] = _nothing,
    ) -> None:
        self.on_change = on_change
        self.keys = tuple(keys)
        self.axis: Axis = axis
        self.range: tuple[float, float] | None = None
        """The part that is zoomed into, in units of the axis; None for all."""
        self.columns = 0
        """Buckets to ask for; nothing is asked for while it is 0."""
        self.smoothing = 0.0
        self.hidden: set[str] = set()
        self.error: Exception | None = None
        """Why the last request failed. Any further wish tries again."""
        self.series: Series | None = None
        """The latest answer."""
        self._fetch = fetch
        self._answered: SeriesRequest | None = None
        self._news = False
        self._task: asyncio.Task[None] | None = None
        self._lines: dict[str, list[float | None]] = {}

    # What is wanted.

    def set_keys(self, keys: Sequence[str]) -> None:
        self.keys = tuple(keys)
        self._start()

    def set_axis(self, axis: Axis) -> None:
        """Another axis; the range goes back to all of it."""
        if axis != self.axis:
            self.axis, self.range = axis, None
            self._start()

    def set_columns(self, columns: int) -> None:
        self.columns = columns
        self._start()

    def zoom(self, start: float | None, end: float | None) -> None:
        """Show [start, end] of the axis; None for all."""
        self.range = None if start is None or end is None else (start, end)
        self._start()

    def more(self) -> None:
        """The run has logged more."""
        self._news = True
        self._start()

    def set_smoothing(self, weight: float) -> None:
        """0 for none, up to MAX_SMOOTHING."""
        self.smoothing = max(0.0, min(weight, MAX_SMOOTHING))
        self._lines.clear()
        self.on_change()

    def toggle(self, key: str) -> None:
        """Hide the series, or show it again."""
        self.hidden ^= {key}
        self.on_change()

    # What there is.

    def curves(self, keys: Sequence[str] | None = None) -> list[Curve]:
        """The series of `keys` (None: all) that are here and not hidden, coloured by their place in `keys`."""
        wanted = self.keys if keys is None else keys
        found = {} if self.series is None else {buckets.key: buckets for buckets in self.series.series}
        return [
            Curve(key, colour, found[key], self._line(found[key]))
            for colour, key in enumerate(wanted)
            if key in found and key not in self.hidden
        ]

    @property
    def extent(self) -> tuple[float, float] | None:
        """The range of the axis to draw; None while nothing is known."""
        if self.range is not None:
            return self.range
        return None if self.series is None or not self.series.series else (self.series.start, self.series.end)

    def _line(self, buckets: SeriesBuckets) -> Sequence[float | None]:
        if not self.smoothing:
            return buckets.mean
        line = self._lines.get(buckets.key)
        if line is None:
            line = self._lines[buckets.key] = smooth(buckets.mean, self.smoothing)
        return line

    # Fetching.

    async def settled(self) -> None:
        """Returns when the present question is answered, or failed."""
        while self._task is not None and not self._task.done():
            await asyncio.wait({self._task})

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _request(self) -> SeriesRequest:
        start, end = self.range or (None, None)
        return SeriesRequest(self.keys, self.columns, self.axis, start, end)

    def _wants(self) -> bool:
        return bool(self.keys) and self.columns > 0 and (self._news or self._request() != self._answered)

    def _start(self) -> None:
        if (self._task is None or self._task.done()) and self._wants():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="series")

    async def _run(self) -> None:
        while self._wants():
            self._news = False
            request = self._request()
            try:
                series = await self._fetch(request)
            except Exception as error:
                self.error = error
                self.on_change()
                return
            if request != self._request():
                continue
            self.series, self._answered, self.error = series, request, None
            self._lines.clear()
            self.on_change()
