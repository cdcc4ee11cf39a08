"""Operational metrics: named, labelled numbers and states of systems rather than of runs.

A metric is of one type. A `gauge` is a number that goes up and down, an `enum` is in one of several states, a
`histogram` counts observations in buckets. A label set is one combination of values of the metric's label keys.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from mltui.wire.base import Answer, Number, Request, text

MetricName = Annotated[
    str,
    text(
        r"^[A-Za-z_:][A-Za-z0-9_:.-]*$",
        "letters, digits, _ : . and -, a letter or _ first",
        min_length=1,
        max_length=200,
    ),
]
"""Also a tag in InfluxDB and a name in Prometheus' text."""
LabelKey = Annotated[
    str, text(r"^[A-Za-z_][A-Za-z0-9_]*$", "letters, digits and _, no digit first", min_length=1, max_length=100)
]
MAX_LABEL_KEYS = 32
RESERVED_LABEL_KEYS = frozenset(
    {"le", "metric", "labelset", "time", "v", "nf", "s", "n", "sum", "count", "bounds", "counts", "counts_link"}
)
"""Tags and fields that the sample store has already."""


class MetricType(StrEnum):
    GAUGE = "gauge"
    ENUM = "enum"
    HISTOGRAM = "histogram"


class CreateMetric(Request, kw_only=True):
    """The type is for ever. Label keys only become more, by texts of other programs: samples are stored by them."""

    name: MetricName
    type: MetricType
    label_keys: Annotated[list[LabelKey], Meta(max_length=MAX_LABEL_KEYS)] = []
    unit: Annotated[str, Meta(max_length=40)] = ""
    """As in `ms`, `bytes`, `%`."""
    description: Annotated[str, Meta(max_length=2000)] = ""


class PatchMetric(Request, kw_only=True):
    """Name, type and label keys are for ever: given, they have to be what they are."""

    name: str | UnsetType = UNSET
    type: MetricType | UnsetType = UNSET
    label_keys: list[str] | UnsetType = UNSET
    unit: Annotated[str, Meta(max_length=40)] | UnsetType = UNSET
    description: Annotated[str, Meta(max_length=2000)] | UnsetType = UNSET


class MetricRow(Answer, kw_only=True):
    id: str
    name: str
    type: MetricType
    label_keys: list[str]
    unit: str
    description: str
    label_sets: int
    points: int
    """That were taken in; one that took another's place counts again."""
    first_time: int | None
    last_time: int | None
    """Nanoseconds since 1970; None while there are no points."""
    created_at: datetime
    updated_at: datetime


MAX_POINTS = 10_000
"""Of one batch."""
MAX_TEXT_VALUES = 100_000
"""Of one text: a line of Prometheus' has one, a line of line protocol one a field."""
MAX_STATE = 200


# Python's collector would stop everything to look through the points of a large request, in which no cycle can be.
class DataPoint(Request, kw_only=True, gc=False):
    """One measurement of one label set. A point with the labels and the time of an earlier one takes its place.

    `labels` has exactly the metric's label keys. By the metric's type there is `value` (gauge), `state` (enum), or
    `buckets` and, where known, `sum` and `count` (histogram), and nothing of the others.
    """

    labels: dict[str, str] = {}
    value: Number | None = None
    state: Annotated[str, Meta(min_length=1, max_length=MAX_STATE)] | None = None
    buckets: dict[str, Number] | None = None
    """Upper bound, as a number or "+Inf", to how many observations were at most that, counted since the source started.

    As Prometheus has it: none is less than the one before; all of them begin anew when the source does.
    """
    sum: Number | None = None
    count: Number | None = None
    """If absent, that of the bucket "+Inf"."""
    timestamp: str | int | None = None
    """ISO 8601, UTC where it names no zone, or nanoseconds since 1970. Default: now."""


class DataBatch(Request, kw_only=True):
    """All of them are stored, or none."""

    points: Annotated[list[DataPoint], Meta(max_length=MAX_POINTS)]


class AcceptedPoints(Answer, kw_only=True):
    points: int


class MetricPoint(Answer, kw_only=True, omit_defaults=True):
    """One point as it was recorded. Of value, state and buckets there is what the metric's type has."""

    timestamp: str
    """ISO 8601 in UTC, with as many digits as there are, up to nanoseconds."""
    labels: dict[str, str] = {}
    value: Number | None = None
    state: str | None = None
    buckets: dict[str, Number] | None = None
    sum: Number | None = None
    count: Number | None = None


class GaugeSeries(Answer, kw_only=True):
    """One label set, as columns with one entry a bucket that has points; as `SeriesBuckets` has them."""

    labels: dict[str, str]
    x: list[float]
    """Where each bucket begins, seconds since 1970."""
    min: list[float | None]
    max: list[float | None]
    first: list[float | None]
    last: list[float | None]
    mean: list[float | None]
    count: list[int]
    nonfinite: list[int]


class GaugeData(Answer, kw_only=True, tag="gauge", tag_field="type"):
    start: float
    end: float
    width: float
    """Of one bucket, in seconds. The first begins at or before `start`."""
    series: list[GaugeSeries]
    cursor: int = 0
    """Grows when points of the metric become readable; the live topic `points:<metric id>` carries it."""


class EnumSeries(Answer, kw_only=True):
    """One label set. A state lasts from its point to the next one, the last to the end of the range or to now."""

    labels: dict[str, str]
    x: list[float]
    """Where each bucket begins, of those in which the state is known."""
    states: dict[str, list[float]]
    """By state: for how many seconds of each bucket."""
    durations: dict[str, float]
    """By state: seconds, over the whole range."""
    shares: dict[str, float]
    """By state: its part of the time in which the state is known; together they are 1."""
    last: str | None = None
    since: float | None = None
    """When the last state began, seconds since 1970; it may be before the range."""


class EnumData(Answer, kw_only=True, tag="enum", tag_field="type"):
    start: float
    end: float
    width: float
    states: list[str]
    """All that occur, sorted: a colour each."""
    series: list[EnumSeries]
    cursor: int = 0


class HistogramSeries(Answer, kw_only=True):
    """One label set, or all together, as columns with one entry a bucket of time in which anything was observed.

    What is counted are the observations made within each bucket of time: what the counters grew by.
    """

    labels: dict[str, str]
    x: list[float]
    count: list[float]
    sum: list[float | None]
    quantiles: dict[str, list[float | None]]
    """By quantile, as it was asked for ("0.5"); interpolated within its band as Prometheus does."""


class HistogramData(Answer, kw_only=True, tag="histogram", tag_field="type"):
    start: float
    end: float
    width: float
    le: list[Number]
    """Upper bounds of the bands that all label sets have, growing; the last one is "Infinity"."""
    total: HistogramSeries
    """All selected label sets together."""
    bands: list[list[float]]
    """For each entry of `total.x`: observations in each band of `le`, not cumulative."""
    series: list[HistogramSeries]
    cursor: int = 0


MetricData = GaugeData | EnumData | HistogramData


class LabelValue(Answer, kw_only=True):
    value: str
    label_sets: int
    points: int


class LabelValues(Answer, kw_only=True):
    """What may be asked for by one label key, the most points first, after the filters of the others."""

    key: str
    values: list[LabelValue]
