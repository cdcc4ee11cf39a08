"""Prometheus' text, and OpenMetrics, to points.

A histogram stays one, a state set becomes an enum, and everything else becomes gauges: each name of a sample one. A
label that a sample has not is empty, and one with a name of ours is `exported_…`, as Prometheus has it.
"""

import io
import math
from collections.abc import Iterable, Iterator
from typing import Any

from prometheus_client.metrics_core import Metric as Family
from prometheus_client.openmetrics.parser import text_fd_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_fd_to_metric_families as parse_prometheus
from prometheus_client.samples import Sample, Timestamp

from mltui.wire.metrics import DataPoint, MetricType
from mltui_server.metrics.texts import Found, TextMetric, cited, wrong_line

END = "# EOF"
"""The last line of OpenMetrics, and of nothing else."""
RIGHT = 'up{job="api"} 1, with the time at its end if it has one'
PYTHONS = ("could not convert", "invalid literal")
"""How Python begins to say that something is no number."""
MILLISECOND_NS = 10**6


def parse_exposition(text: str) -> list[TextMetric]:
    """Raises Invalid naming the first line that is wrong."""
    lines = _Lines(text)
    parse = parse_openmetrics if text.rstrip().endswith(END) else parse_prometheus
    found = Found()
    try:
        for family in parse(lines):  # type: ignore[arg-type] # any iterable of lines will do
            samples = [(lines.next_of_sample(), sample) for sample in family.samples]
            _add(found, family, samples)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise wrong_line(lines.at, _why(lines.line, error)) from None
    return list(found.metrics.values())


def _why(line: str, error: Exception) -> str:
    """The parser says little, and fails over some lines rather than refuse them."""
    said = str(error) if isinstance(error, ValueError) else ""
    if line.replace(r"\"", "").count('"') % 2:
        said = "a quote is missing"
    elif said.startswith(PYTHONS):
        said = ""
    elif said.endswith(line.strip()) or said.startswith("Invalid labels"):
        said = said.partition(":")[0]
    return f"{cited(line)} is not Prometheus' text{f' ({said})' if said else ''}; write it as in {RIGHT}"


class _Lines:
    """The text's lines, and where each sample came from: samples come in the order of their lines."""

    def __init__(self, text: str) -> None:
        self._text = io.StringIO(text)
        self.at, self.line = 0, ""
        self._of_samples: list[int] = []
        self._taken = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            self.at, self.line = self.at + 1, line
            if line.strip() and not line.lstrip().startswith("#"):
                self._of_samples.append(self.at)
            yield line

    def next_of_sample(self) -> int:
        self._taken += 1
        return self._of_samples[self._taken - 1]


def _add(found: Found, family: Family, samples: Iterable[tuple[int, Sample]]) -> None:
    unit, about = family.unit[:40], family.documentation[:2000]
    match family.type:
        case "histogram":
            kind, points = MetricType.HISTOGRAM, _histograms(family.name, samples)
        case "stateset":
            kind, points = MetricType.ENUM, _states(family.name, samples)
        case _:
            kind, points = MetricType.GAUGE, _gauges(samples)
    for line, name, point in points:
        if not (name.endswith("_created") and name != family.name):
            found.add(line, name, kind, point, unit, about)


def _gauges(samples: Iterable[tuple[int, Sample]]) -> Iterator[tuple[int, str, DataPoint]]:
    for line, sample in samples:
        point = DataPoint(labels=dict(sample.labels), value=sample.value, timestamp=_time(sample.timestamp))
        yield line, sample.name, point


def _histograms(name: str, samples: Iterable[tuple[int, Sample]]) -> Iterator[tuple[int, str, DataPoint]]:
    points: dict[Any, tuple[int, DataPoint]] = {}
    for line, sample in samples:
        labels = {key: value for key, value in sample.labels.items() if key != "le"}
        which = (tuple(sorted(labels.items())), sample.timestamp)
        _, point = points.setdefault(
            which, (line, DataPoint(labels=labels, buckets={}, timestamp=_time(sample.timestamp)))
        )
        match sample.name.removeprefix(name):
            case "_bucket":
                if "le" not in sample.labels:
                    raise wrong_line(line, "a bucket needs the label 'le', its upper bound")
                if point.buckets is not None:
                    point.buckets[sample.labels["le"]] = sample.value
            case "_sum":
                point.sum = sample.value
            case "_count":
                point.count = sample.value
    return ((line, name, point) for line, point in points.values())


def _states(name: str, samples: Iterable[tuple[int, Sample]]) -> Iterator[tuple[int, str, DataPoint]]:
    """The label that is named as the metric holds the state, and the value tells whether it is that one."""
    for line, sample in samples:
        labels = {key: value for key, value in sample.labels.items() if key != name}
        if sample.value == 1:
            yield line, name, DataPoint(labels=labels, state=sample.labels[name], timestamp=_time(sample.timestamp))


def _time(given: Timestamp | float | None) -> int | None:
    """In ns. Floats are seconds, from a text that has milliseconds."""
    if given is None:
        return None
    if isinstance(given, Timestamp):
        return int(given.sec * 10**9 + given.nsec)
    if not math.isfinite(given):
        raise ValueError(f"{given} is no time")
    return round(given * 1000) * MILLISECOND_NS
