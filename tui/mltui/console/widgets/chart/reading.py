"""What a crosshair reads: the exact numbers of one place of a chart, as a table beside it has them."""

from typing import NamedTuple

from mltui.wire.base import Number


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
