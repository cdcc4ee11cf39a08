"""How series lie in InfluxDB: measurement, tags and fields. Public: analysts query it (docs/influxdb.md).

A key that reads as `sys/<scope>/<device>/<field>` is a field of `resource`, any other a tag value of `metric`. What is
summed up of either is in `rollup` and `cells`, and samples, many in a field, in `packed`: for us alone.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from mltui.wire.metrics import MetricType
from mltui.wire.samples import RESOURCE_PREFIX

Measurement = Literal["metric", "resource"]
Kind = Literal["metric", "resource", "rollup"]
"""What is kept equally long."""

MEASUREMENTS: Mapping[Kind, Sequence[str]] = {
    "metric": ("metric", "packed"),
    "resource": ("resource", "packed"),
    "rollup": ("rollup", "cells"),
}
POINTS: Mapping[MetricType, str] = {
    MetricType.GAUGE: "gauge", MetricType.ENUM: "state", MetricType.HISTOGRAM: "histogram"
}  # fmt: skip
"""Measurements of operational metrics; `point_lines` has what is in them."""
NAN, PLUS_INF, MINUS_INF = 1, 2, 3
"""Values of the `nf` field; the value's own field is then absent."""

_RESERVED = re.compile(r"^(time|run|node|scope|device|.*_nf|.*_step)$")
_UNSAFE = re.compile(r"[\\\x00-\x1f\x7f]|%[0-9A-F]{2}")
_ENCODED = re.compile(r"[%\\\x00-\x1f\x7f]")
_SPECIAL = re.compile(r"([,= ])")


@dataclass(frozen=True)
class Layout:
    """Where one key's samples are. Tags without `run` and `node`."""

    measurement: Measurement
    tags: tuple[tuple[str, str], ...]
    value: str
    step: str
    nonfinite: str


def layout(key: str) -> Layout:
    parts = key.removeprefix(RESOURCE_PREFIX).rsplit("/", 2) if key.startswith(RESOURCE_PREFIX) else []
    if len(parts) == 3 and all(parts) and not _RESERVED.match(parts[2]):
        scope, device, field = (encoded(part) for part in parts)
        return Layout("resource", (("device", device), ("scope", scope)), field, f"{field}_step", f"{field}_nf")
    return Layout("metric", (("metric", encoded(key)),), "v", "step", "nf")


def encoded(text: str) -> str:
    """Text that line protocol can carry: a backslash cannot end a tag, and no line break can be in one.

    Those are written %5C, %0A, …, and `%` as %25, but only in text that has them or looks as if: so two texts never
    become one.
    """
    return _ENCODED.sub(lambda found: f"%{ord(found[0]):02X}", text) if _UNSAFE.search(text) else text


def escaped(text: str) -> str:
    """A tag's value, or a name, as line protocol writes it."""
    return _SPECIAL.sub(r"\\\1", text)


def line_head(run: UUID, place: Layout, node: str) -> str:
    """What every line of a series begins with: measurement and tags, sorted, and a space."""
    tags = [*place.tags, ("run", str(run))]
    if node:
        tags.append(("node", encoded(node)))
    return ",".join([place.measurement, *(f"{name}={escaped(value)}" for name, value in sorted(tags))]) + " "


def condition(run: UUID, place: Layout) -> str:
    """InfluxQL: samples of one key of the run, on whatever node."""
    return " AND ".join(f"{name(tag)} = {text(value)}" for tag, value in (*place.tags, ("run", str(run))))


def name(identifier: str) -> str:
    """An identifier as InfluxQL quotes it. It holds no backslash: `encoded` took them."""
    return '"' + identifier.replace('"', '\\"') + '"'


def text(value: str) -> str:
    return "'" + value.replace("'", "\\'") + "'"
