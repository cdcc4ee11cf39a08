"""Which points a client asks for: a metric, some of its label sets, and a range of time."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.metrics import LabelValue, LabelValues, MetricType
from mltui_server.lib.errors import Invalid
from mltui_server.metrics.models import Metric, MetricLabelSet
from mltui_server.metrics.service import find
from mltui_server.metrics.times import iso, parse_time
from mltui_server.samples.points import PointRange, PointSeries

LABEL = "label."
"""Before a label key that is named as one of our parameters."""

Filters = Mapping[str, Sequence[str]]
"""By label key: one of these values."""


@dataclass(frozen=True)
class Selection:
    """The range has both ends, and the series that have points in it, ordered by their labels."""

    id: UUID
    keys: Sequence[str]
    version: int
    """Of the metric's points: what is read is at least as new."""
    points: PointRange
    now: int

    @property
    def type(self) -> MetricType:
        return self.points.type

    @property
    def labels(self) -> dict[int, dict[str, str]]:
        """Of each series, as it is in answers."""
        return {one.id: {key: one.labels[key] for key in self.keys} for one in self.points.series}


def filters_of(query: Iterable[tuple[str, str]], own: Iterable[str], keys: Sequence[str]) -> dict[str, list[str]]:
    """Label filters among a query's parameters, where `own` are parameters of ours. Raises Invalid for unknown ones."""
    found: dict[str, list[str]] = {}
    for name, value in query:
        if name in own:
            continue
        key = name.removeprefix(LABEL)
        if key not in keys:
            labels = f"the label keys are {', '.join(keys)}" if keys else "the metric has no labels"
            raise Invalid(f"{name!r} is neither a parameter nor a label; {labels}")
        found.setdefault(key, []).append(value)
    return found


async def select_points(
    session: AsyncSession,
    name: str,
    query: Iterable[tuple[str, str]],
    own: Iterable[str],
    start_time: str | None,
    end_time: str | None,
) -> Selection:
    """Raises NotFound, and Invalid for a range or a label that cannot be.

    By default the range begins with the first point of the label sets, and ends now, or with their last point where
    that is later.
    """
    metric = await find(session, name)
    type_, now = MetricType(metric.type), time.time_ns()
    start = parse_time(start_time, "start_time", now) if start_time else None
    end = parse_time(end_time, "end_time", now) if end_time else None
    rows = [row for row in await session.execute(_label_sets(metric, filters_of(query, own, metric.label_keys)))
            if row.first_time is not None]  # fmt: skip
    last = max([now, *(row.last_time for row in rows)]) if end is None else end
    first = min((row.first_time for row in rows), default=last) if start is None else start
    first = min(first, last) if start is None else first
    if first > last:
        raise Invalid(f"start_time is {iso(first)}, after end_time, which is {iso(last)}")
    # A state lasts beyond its point.
    since = 0 if type_ is MetricType.ENUM else first
    rows = [row for row in rows if row.first_time <= last and row.last_time >= since]
    rows.sort(key=lambda row: [row.labels[key] for key in metric.label_keys])
    series = [PointSeries(row.id, metric.name, row.labels) for row in rows]
    return Selection(metric.id, metric.label_keys, metric.version, PointRange(type_, series, first, last), now)


def _label_sets(metric: Metric, filters: Filters) -> Select[tuple[int, dict[str, str], int, int, int]]:
    columns = (MetricLabelSet.id, MetricLabelSet.labels, MetricLabelSet.points,
               MetricLabelSet.first_time, MetricLabelSet.last_time)  # fmt: skip
    statement = select(*columns).where(MetricLabelSet.metric_id == metric.id)
    for key, values in filters.items():
        statement = statement.where(MetricLabelSet.labels[key].astext.in_(values))
    return statement


async def label_values(session: AsyncSession, name: str, query: Iterable[tuple[str, str]]) -> list[LabelValues]:
    """Of each label key, after the filters of the others. Raises NotFound, Invalid."""
    metric = await find(session, name)
    filters = filters_of(query, (), metric.label_keys)
    rows = list(await session.execute(_label_sets(metric, {})))
    answer = []
    for key in metric.label_keys:
        found: dict[str, LabelValue] = {}
        for row in rows:
            if all(row.labels[other] in values for other, values in filters.items() if other != key):
                value = found.setdefault(row.labels[key], LabelValue(value=row.labels[key], label_sets=0, points=0))
                value.label_sets += 1
                value.points += row.points
        ordered = sorted(found.values(), key=lambda value: (-value.points, value.value))
        answer.append(LabelValues(key=key, values=ordered))
    return answer
