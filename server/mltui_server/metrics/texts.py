"""What the texts of other programs hold, before anybody has looked whether there is such a metric."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO

from mltui.wire.metrics import MAX_TEXT_VALUES, RESERVED_LABEL_KEYS, DataPoint, MetricType
from mltui_server.lib.errors import Fault, Invalid, TooLarge
from mltui_server.metrics.checks import CONTROL

EXPORTED = "exported_"
"""Before a label whose name is taken, as Prometheus has it."""
MAX_CITED = 120
"""Characters of a line that an error names."""
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
    keys: dict[str, int] = field(default_factory=dict)
    """Label keys in the order of their first occurrence, each with the line of it."""

    @property
    def line(self) -> int:
        return self.points[0][0]

    def add(self, line: int, point: DataPoint) -> None:
        self.points.append((line, point))
        for key in point.labels:
            self.keys.setdefault(key, line)


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
        metric.add(line, point)


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


def text_of(body: bytes) -> str:
    """Raises TooLarge where there are more lines with values than a text may have, Invalid for what is not UTF-8."""
    # Most have fewer lines of any kind, which costs next to nothing to know.
    if body.count(b"\n") >= MAX_TEXT_VALUES:
        check_values(sum(not line.isspace() and not line.lstrip().startswith(b"#") for line in BytesIO(body)))
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        wrong = f"the byte 0x{body[error.start]:02x} is no UTF-8"
        right = "send text, or say by Content-Encoding how it is compressed"
        raise wrong_line(body.count(b"\n", 0, error.start) + 1, f"{wrong}; {right}") from None


def check_values(values: int) -> None:
    """Raises TooLarge for more than a text may have. `values`: of its lines, or the fields of them."""
    if values > MAX_TEXT_VALUES:
        raise TooLarge(f"the text has more than {MAX_TEXT_VALUES:,} values; send it in parts")


def wrong_line(line: int, message: str) -> Invalid:
    where = f"line {line}"
    return Invalid(f"{where}: {message}", [Fault(where, message)])


def cited(line: str) -> str:
    r"""A line as an error names it.

    >>> cited("up 1\n"), len(cited("x" * 999))
    ("'up 1'", 122)
    """
    line = line.strip()
    return repr(line if len(line) <= MAX_CITED else line[: MAX_CITED - 1] + "…")
