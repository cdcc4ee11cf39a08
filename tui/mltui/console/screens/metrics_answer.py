"""What the server says about the metric that is looked at, as long as there is that metric."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mltui.console.faults import Fault, is_missing
from mltui.console.state.metric_state import Progress, Question
from mltui.wire.metrics import EnumData, GaugeData, HistogramData, MetricData, MetricRow, MetricType

if TYPE_CHECKING:
    from mltui.client import Client

_KINDS: dict[MetricType, type[Any]] = {
    MetricType.GAUGE: GaugeData, MetricType.ENUM: EnumData, MetricType.HISTOGRAM: HistogramData
}  # fmt: skip


class Gone(Fault):
    """Somebody deleted it; there may be another one of its name by now."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} was deleted; choose another metric")


async def answer(
    client: "Client", metric: MetricRow, question: Question, now: datetime, progress: Progress
) -> tuple[MetricData, MetricRow]:
    """The data, and the metric as it is now. Raises Gone."""
    start, end = question.bounds(now)
    with _gone_if_missing(metric.name):
        data = await client.metric_data(
            question.metric,
            buckets=question.buckets,
            start=start,
            end=end,
            labels=dict(question.filters),
            quantiles=question.quantiles,
            heard=progress.hear,
        )
        # Perhaps it has some at another time, which came after the list was fetched.
        latest = metric if data.series else await client.metric(question.metric)
    if latest.id != metric.id or not isinstance(data, _KINDS[metric.type]):
        raise Gone(metric.name)
    return data, latest


@contextmanager
def _gone_if_missing(name: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if is_missing(error):
            raise Gone(name) from None
        raise
