"""Samples going in, and exact buckets coming out.

A series is one (run, key). Keys that a program logs are its own words (`loss`,
`val/accuracy`). Resource series are `sys/<scope>/<device>/<field>`: scope is the
stage's name or `main`, device is `process`, `host` or `gpu0`….
"""

from datetime import datetime
from typing import Annotated, Literal

from mltui.wire.base import Answer, Number, Request, text
from mltui.wire.counting import counted

RESOURCE_PREFIX = "sys/"
MAX_KEY = 250
MAX_BATCH_SAMPLES = 100_000
MAX_STEP = 2**53
"""The whole numbers up to it are exact as floats, which is what axes are."""

Key = Annotated[str, text(r"^[^\x00-\x1f]+$", "no control characters", min_length=1, max_length=MAX_KEY)]


class KeySamples(Request, kw_only=True):
    """The samples of one key, as columns of one length.

    `times` are nanoseconds since 1970 UTC. `steps` is None for what has no step (resources).
    """

    key: Key
    times: list[int]
    values: list[Number]
    steps: list[int] | None = None


class SampleBatch(Request, kw_only=True):
    """One durable unit. `seq` counts 1, 2, 3 … per `writer`, without gaps: the server stores each once.

    A seq already stored is answered 2xx again; a gap is a 409 that names the seq expected.
    Without a writer (curl), every POST is stored.
    """

    series: list[KeySamples]
    writer: str | None = None
    seq: int | None = None


class Accepted(Answer, kw_only=True):
    samples: int
    duplicate: bool = False


Axis = Literal["step", "time", "relative"]
"""`time` in seconds since 1970; `relative` in seconds since the run's start."""


class SeriesBuckets(Answer, kw_only=True):
    """One series, as columns with one entry a bucket that has samples.

    A bucket ends where the next one begins: `Series` says where that is. `min`, `max`, `first`, `last` and
    `mean` are over finite values, None where a bucket has only NaN and Inf.
    """

    key: str
    x: list[float]
    """Where each bucket begins. Grows."""
    min: list[float | None]
    max: list[float | None]
    first: list[float | None]
    last: list[float | None]
    mean: list[float | None]
    count: list[int]
    """Samples in the bucket, non-finite ones included."""
    nonfinite: list[int]


class Series(Answer, kw_only=True):
    """At most as many buckets as were asked for, all of one width, and more than four fifths of them.

    A width is 4, 5, 6 or 7 times a power of two (steps or ns; at least 1 step or 1,024 ns), and every border a
    multiple of that power: the borders of a run that grows stand still until its buckets get wider. No sample
    before `start` or after `end` is in any: a first bucket that `start` cuts begins there, ends at its border all the
    same, and so is shorter than `width`.
    """

    axis: Axis
    start: float
    end: float
    """The first and the last point asked for, or that of the first and the last sample."""
    width: float
    """Of one bucket, in units of the axis."""
    series: list[SeriesBuckets]
    cursor: int = 0
    """Grows when samples of the run become readable; the live topic `series:<run>` carries it."""


class SeriesSummary(Answer, kw_only=True):
    """What Postgres keeps of a series, up to date to the last flush."""

    key: str
    count: int
    nonfinite: int
    min: float | None
    max: float | None
    last: Number
    last_step: int | None
    first_time: int
    last_time: int
    """Nanoseconds since 1970 UTC."""


class InboxState(Answer, kw_only=True):
    """Samples that are durable, and not yet where they are read."""

    waiting: int
    """Samples, about: counted now and then."""
    oldest_s: float
    """For how long the oldest of them has waited; 0 when none does."""
    capacity: int
    """How many may wait. Past that, writers get 503 and come back."""
    delayed: bool
    """Whether that is longer than it should be."""
    trouble: str = ""
    """Why they do not move."""


class RefusedBatch(Answer, kw_only=True):
    """Samples or points that the sample store will never take, or that nobody can read: kept, out of the way."""

    run_id: str
    """Empty for points of operational metrics."""
    samples: int
    """Or points."""
    keys: list[str]
    """Of the run, or the metric's name. Empty where the batch cannot be read."""
    reason: str
    refused_at: datetime


class RefusedTotal(Answer, kw_only=True):
    """What of it there is, was put back, or is gone."""

    samples: int
    """Of runs; those in batches that cannot be read are not counted."""
    points: int
    """Of operational metrics."""
    batches: int

    @property
    def words(self) -> str:
        """As everybody says it.

        >>> RefusedTotal(samples=0, points=2, batches=1).words, RefusedTotal(samples=1200, points=1, batches=3).words
        ('2 points in 1 batch', '1,200 samples and 1 point in 3 batches')
        """
        found = [counted(number, what) for number, what in ((self.samples, "sample"), (self.points, "point")) if number]
        return f"{' and '.join(found) or 'nothing that can be read'} in {counted(self.batches, 'batch')}"
