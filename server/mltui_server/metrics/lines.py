"""InfluxDB's line protocol to points.

The measurement is the metric, tags are labels, and a field `value` or `state` is the point's. Fields that are upper
bounds up to `+Inf`, with `sum` and `count`, are a histogram. Any other field is a metric of its own, named
`<measurement>_<field>`, as Telegraf's own Prometheus output names them.
"""

import re
from collections.abc import Mapping
from typing import Literal

from line_protocol_parser import LineFormatError, parse_line

from mltui.wire.metrics import DataPoint, MetricType
from mltui_server.metrics.texts import Found, TextMetric, check_values, cited, wrong_line

Fields = dict[str, float | int | bool | str]
Precision = Literal["ns", "us", "u", "ms", "s", "m", "h"]
UNITS_NS: Mapping[Precision, int] = {
    "ns": 1, "us": 10**3, "u": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3_600 * 10**9
}  # fmt: skip
RIGHT = "weather,site=roof value=18.5 1769860800000000000"
_EMPTY_TAG = re.compile(r",([^,= ]+)=(?=[, ])")


def parse_lines(text: str, precision: Precision) -> list[TextMetric]:
    """`precision`: the unit of times. Raises Invalid naming the first line that is wrong, TooLarge for many fields."""
    found, values = Found(), 0
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            parsed = parse_line(line.rstrip("\r"))
        except LineFormatError as error:
            raise wrong_line(number, _why(line, error)) from None
        if parsed is not None:
            values += len(parsed["fields"])
            check_values(values)
            time = None if parsed["time"] is None else parsed["time"] * UNITS_NS[precision]
            _add(found, number, **parsed | {"time": time})
    return list(found.metrics.values())


def _why(line: str, error: LineFormatError) -> str:
    said = str(error).rstrip(".").lower()
    if "tag" in said and (empty := _EMPTY_TAG.search(line)):
        return f"the tag {empty[1]!r} has no value; leave it out, as a label that is absent is empty"
    return f"{cited(line)} is not line protocol ({said}); write it as in {RIGHT}"


def _add(found: Found, line: int, measurement: str, tags: dict[str, str], fields: Fields, time: int | None) -> None:
    if "+Inf" in fields:
        found.add(line, measurement, MetricType.HISTOGRAM, _histogram(line, tags, fields, time))
        return
    for name, value in fields.items():
        own = measurement if name in ("value", "state") else f"{measurement}_{name}"
        if isinstance(value, str):
            found.add(line, own, MetricType.ENUM, DataPoint(labels=tags, state=value, timestamp=time))
        else:
            found.add(line, own, MetricType.GAUGE, DataPoint(labels=tags, value=float(value), timestamp=time))


def _histogram(line: int, tags: dict[str, str], fields: Fields, time: int | None) -> DataPoint:
    numbers = {name: float(value) for name, value in fields.items() if not isinstance(value, str)}
    if len(numbers) < len(fields):
        text = next(name for name in fields if name not in numbers)
        raise wrong_line(line, f"field {text!r} of a histogram is no number")
    total, count = numbers.pop("sum", None), numbers.pop("count", None)
    return DataPoint(labels=tags, buckets=dict(numbers), sum=total, count=count, timestamp=time)
