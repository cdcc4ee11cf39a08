"""What is asked about a metric, and the latest answer: one request under way, which can be cancelled."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mltui.console.format import label
from mltui.console.state.time_range import TimeRange
from mltui.wire.metrics import MetricData


def label_words(filters: Mapping[str, Sequence[str]]) -> str:
    """Which values of which keys are let through; empty for all.

    >>> label_words({"queue": ["ingest", ""], "zone": []})
    'queue ingest, ""'
    """
    return " · ".join(f"{key} {', '.join(map(label, values))}" for key, values in filters.items() if values)


@dataclass(frozen=True, slots=True)
class Question:
    """Which metric, which of its label sets, over which time, in how many buckets."""

    metric: str
    range: TimeRange
    filters: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """By label key, the values that are let through."""
    quantiles: tuple[float, ...] = ()
    buckets: int = 0
    """Nothing is asked while it is 0: nobody knows yet how wide the chart is."""
    metric_id: str = ""
    """One that was made again is another metric, of the same name."""

    def bounds(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """From when until when."""
        length = self.range.length
        return (self.range.start, self.range.end) if length is None else (now - length, now)

    @property
    def label_words(self) -> str:
        """Which values of which keys are let through; empty for all."""
        return label_words(dict(self.filters))

    def beside(self, other: "Question") -> str:
        """In words, what is asked here and not in `other`: another time, other label sets; empty for neither."""
        time = "" if self.range == other.range else self.range.words()
        labels = "" if self.filters == other.filters else self.label_words or "all label sets"
        return " · ".join(words for words in (time, labels) if words)


@dataclass(slots=True)
class Progress:
    """Of the request under way."""

    since: float
    """time.monotonic() of its start."""
    received: int = 0
    """Bytes."""

    def hear(self, received: int) -> None:
        self.received = received


Fetch = Callable[[Question, datetime, Progress], Awaitable[MetricData]]
"""Asks the server, as things are at that moment; keeps `Progress.received` up to date."""


def _nothing() -> None:
    pass


class MetricState:
    """The answer that is shown stays until there is another one for the same metric. Needs a running event loop."""

    def __init__(self, fetch: Fetch, now: Callable[[], datetime], *, on_change: Callable[[], None] = _nothing) -> None:
        self.on_change = on_change
        self.question: Question | None = None
        self.data: MetricData | None = None
        """The latest answer about the metric of `question`."""
        self.shown: Question | None = None
        """What `data` is the answer to, which may be an earlier question."""
        self.answered_at = 0.0
        """time.monotonic() of when `data` came."""
        self.error: Exception | None = None
        """Why the last request failed. Any further wish tries again."""
        self.progress: Progress | None = None
        """None while nothing is asked."""
        self.cancelled = False
        """Whether the last request was, by `cancel`."""
        self._fetch, self._now = fetch, now
        self._answered: Question | None = None
        self._news = False
        self._task: asyncio.Task[None] | None = None

    def ask(self, question: Question) -> None:
        """Another question, unless it is the same: the request under way is of no use any more."""
        if question == self.question:
            return
        before = self.question
        if before is not None and (question.metric, question.metric_id) != (before.metric, before.metric_id):
            self.data = self.shown = self._answered = None
        self.question, self.error, self.cancelled = question, None, False
        self._stop()
        self._start()

    def more(self) -> None:
        """There may be another answer to the same question."""
        self._news = True
        self._start()

    def cancel(self) -> None:
        """Give up the request under way: the server hears of it. What was shown stays."""
        if self.progress is not None:
            self._stop()
            self.cancelled = True
            self._answered, self._news = self.question, False
            self.on_change()

    async def settled(self) -> None:
        """Returns when the present question is answered, failed or was cancelled."""
        while self._task is not None and not self._task.done():
            await asyncio.wait({self._task})

    def close(self) -> None:
        self._stop()
        self.question = None

    @property
    def missing(self) -> str:
        """In words, what is asked and not shown yet; empty where what is shown, if anything, is just that."""
        if self.question is None or self.shown is None:
            return ""
        return self.question.beside(self.shown)

    def _wants(self) -> bool:
        question = self.question
        return question is not None and question.buckets > 0 and (self._news or question != self._answered)

    def _start(self) -> None:
        if self.progress is None and self._wants():
            self.progress = Progress(time.monotonic())
            self._task = asyncio.get_running_loop().create_task(self._run(self.progress), name="metric")
            self.on_change()

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = self.progress = None

    async def _run(self, progress: Progress) -> None:
        question = self.question
        assert question is not None
        self._news = False
        data, shown, error = self.data, self.shown, None
        try:
            data, shown = await self._fetch(question, self._now(), progress), question
        except Exception as fault:
            error = fault
        if self.progress is not progress:
            return
        # After an error the same question is not asked again by itself.
        self.data, self.shown, self.error = data, shown, error
        if error is None:
            self.answered_at = time.monotonic()
        self._answered, self.progress, self.cancelled = question, None, False
        self.on_change()
        self._start()
