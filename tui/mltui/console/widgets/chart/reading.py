"""What a crosshair reads: the exact numbers of one place of a chart, as a table beside it has them."""

from typing import NamedTuple

from mltui.console.format import ABSENT
from mltui.console.state.metric_table import words
from mltui.wire.base import Number, to_float


def exact(value: Number | None) -> str:
    """Every digit, as the table has them.

    >>> exact(0.08389423076923078), exact("NaN"), exact(None)
    ('0.08389423076923078', 'NaN', '–')
    """
    return ABSENT if value is None else words(to_float(value))


class Quantity(NamedTuple):
    """One number, as the data has it: nothing is rounded."""

    what: str
    """As in `mean`, `duration`, `count`."""
    value: Number | None
    unit: str = ""
    """As in `ms`; empty for what has none."""


class Reading(NamedTuple):
    """One row of what is read."""

    name: str
    """The label set, as the chart calls it."""
    part: str
    """The state, quantile or band; empty for what has no parts."""
    quantities: tuple[Quantity, ...]
