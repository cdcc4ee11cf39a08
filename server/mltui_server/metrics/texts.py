"""What the texts of other programs hold, before anybody has looked whether there is such a metric."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from mltui.wire.metrics import RESERVED_LABEL_KEYS, DataPoint, MetricType
from mltui_server.lib.errors import Fault, Invalid
from mltui_server.metrics.checks import CONTROL

EXPORTED = "exported_"
"""Before a label whose name is taken, as Prometheus has it."""
_FOREIGN, _NO_NAME = re.compile(r"[^A-Za-z0-9_]"), re.compile(r"[^A-Za-z0-9_:.-]")
"""What cannot be in the name of a label, and of a metric."""


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
    def keys(self) -> dict[str, int]:
        """Label keys in the order of their first occurrence, each with the line of it."""
        found: dict[str, int] = {}
        for line, point in self.points:
            for key in point.labels:
                found.setdefault(key, line)
        return found


class Found:
    """Metrics as they are found in a text, each once."""

    def __init__(self) -> None:
        self.metrics: dict[str, TextMetric] = {}

    def add(self, line: int, name: str, type_: MetricType, point: DataPoint, unit: str = "", about: str = "") -> None:
        """Raises Invalid where the metric has come with another type. The point gets the labels that we store."""
        name = mended(name)
        metric = self.metrics.setdefault(name, TextMetric(name, type_, unit, about))
        if metric.type is not type_:
            raise wrong_line(line, f"{name!r} is of type {metric.type} in line {metric.line}, and of type {type_} here")
        point.labels = _labels(point.labels)
        metric.points.append((line, point))


def _labels(given: Mapping[str, str]) -> dict[str, str]:
    r"""As we store them: an empty one is absent, names are as ours have to be, control characters are to be seen.

    >>> _labels({"state": "idle\a", "s": "x", "zone": "", "cpu-core": "3"})
    {'state': 'idle\\x07', 'exported_s': 'x', 'cpu_core': '3'}
    """
    shown = (CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", value) for value in given.values())
    return {key: value for key, value in zip(_names(tuple(given)), shown, strict=True) if value}


@lru_cache(1024)
def mended(name: str) -> str:
    """What a metric called so is called here.

    >>> mended("disk usage/%"), mended("1m"), mended("größe")
    ('disk_usage__', '_1m', 'gr__e')
    """
    ours = _NO_NAME.sub("_", name)
    return ours if not ours or ours[0].isalpha() or ours[0] in "_:" else f"_{ours}"


@lru_cache(1024)
def _names(given: tuple[str, ...]) -> list[str]:
    """What labels called so are called here, which depends not on their order."""
    names: dict[str, str] = {}
    for key in sorted(given):
        names[key] = _free(key, {*given, *names.values()})
    return [names[key] for key in given]


def _free(key: str, taken: Collection[str]) -> str:
    """What `key` is called here: another name than any of those in `taken`."""
    ours = _FOREIGN.sub("_", key)
    if ours[:1].isdigit():
        ours = f"_{ours}"
    if ours in RESERVED_LABEL_KEYS:
        ours = EXPORTED + ours
    while ours != key and ours in taken:
        ours = EXPORTED + ours
    return ours


def wrong_line(line: int, message: str) -> Invalid:
    where = f"line {line}"
    return Invalid(f"{where}: {message}", [Fault(where, message)])
