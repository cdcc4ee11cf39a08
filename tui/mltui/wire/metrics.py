"""Operational metrics: named, labelled numbers and states of systems rather than of runs.

A metric is of one type. A `gauge` is a number that goes up and down, an `enum` is in one of several states, a
`histogram` counts observations in buckets. A label set is one combination of values of the metric's label keys.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from mltui.wire.base import Answer, Request, text

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
MAX_LABEL_KEYS = 16
RESERVED_LABEL_KEYS = frozenset({"le", "metric", "labelset", "time"})
"""Tags and columns that the sample store has already."""


class MetricType(StrEnum):
    GAUGE = "gauge"
    ENUM = "enum"
    HISTOGRAM = "histogram"


class CreateMetric(Request, kw_only=True):
    """Type and label keys are for ever: samples are stored by them."""

    name: MetricName
    type: MetricType
    label_keys: Annotated[list[LabelKey], Meta(max_length=MAX_LABEL_KEYS)] = []
    unit: Annotated[str, Meta(max_length=40)] = ""
    """As in `ms`, `bytes`, `%`."""
    description: Annotated[str, Meta(max_length=2000)] = ""


class PatchMetric(Request, kw_only=True):
    unit: Annotated[str, Meta(max_length=40)] | UnsetType = UNSET
    description: Annotated[str, Meta(max_length=2000)] | UnsetType = UNSET


class MetricRow(Answer, kw_only=True):
    id: str
    name: str
    type: MetricType
    label_keys: list[str]
    unit: str
    description: str
    created_at: datetime
    updated_at: datetime
