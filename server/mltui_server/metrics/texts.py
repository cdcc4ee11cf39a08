"""What the texts of other programs hold, before anybody has looked whether there is such a metric."""

from dataclasses import dataclass, field

from mltui.wire.metrics import DataPoint, MetricType
from mltui_server.lib.errors import Fault, Invalid


@dataclass
class TextMetric:
    """A metric that a text has points of, each with its line; the first is 1."""

    name: str
    type: MetricType
    unit: str = ""
    description: str = ""
    points: list[tuple[int, DataPoint]] = field(default_factory=list)

    @property
    def line(self) -> int:
        return self.points[0][0]

    @property
    def keys(self) -> list[str]:
        """Label keys that occur, in the order of their first occurrence."""
        return list(dict.fromkeys(key for _, point in self.points for key in point.labels))


class Found:
    """Metrics as they are found in a text, each once."""

    def __init__(self) -> None:
        self.metrics: dict[str, TextMetric] = {}

    def add(self, line: int, name: str, type_: MetricType, point: DataPoint, unit: str = "", about: str = "") -> None:
        """Raises Invalid where the metric has come with another type."""
        metric = self.metrics.setdefault(name, TextMetric(name, type_, unit, about))
        if metric.type is not type_:
            raise wrong_line(line, f"{name!r} is of type {metric.type} in line {metric.line}, and of type {type_} here")
        metric.points.append((line, point))


def wrong_line(line: int, message: str) -> Invalid:
    where = f"line {line}"
    return Invalid(f"{where}: {message}", [Fault(where, message)])
