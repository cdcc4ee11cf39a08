"""Plots that are logged as data: JSON files that the console draws itself, by their field `mltui`."""

from typing import Annotated, Literal

from msgspec import Meta

from mltui.wire.base import Number, Request

TAG = "mltui"
"""The field that says which plot it is."""
MAX_LABELS = 200
MAX_POINTS = 10_000
"""Of all series together."""
Form = Literal["lines", "points"]
Name = Annotated[str, Meta(max_length=200)]


class PlotSeries(Request, kw_only=True):
    """Points of one name. NaN and infinities are drawn as marks."""

    name: Name
    x: list[float]
    y: list[Number]
    """As many."""


class Plot(Request, kw_only=True, tag="plot", tag_field=TAG):
    series: Annotated[list[PlotSeries], Meta(min_length=1, max_length=50)]
    form: Form = "lines"
    x: Name = ""
    """What the axis counts."""
    y: Name = ""

    def __post_init__(self) -> None:
        for one in self.series:
            if len(one.x) != len(one.y):
                raise ValueError(f"series {one.name!r} has {len(one.x)} x and {len(one.y)} y; give as many of each")
        points = sum(len(one.x) for one in self.series)
        if not 1 <= points <= MAX_POINTS:
            raise ValueError(f"{points:,} points; a plot has 1 to {MAX_POINTS:,}")


class ConfusionMatrix(Request, kw_only=True, tag="confusion_matrix", tag_field=TAG):
    labels: Annotated[list[Name], Meta(min_length=1, max_length=MAX_LABELS)]
    matrix: list[list[float]]
    """A row for each label that is true, in it a count for each label that was predicted; 0 or more."""

    def __post_init__(self) -> None:
        size = len(self.labels)
        if len(self.matrix) != size or any(len(row) != size for row in self.matrix):
            raise ValueError(f"{size} labels need {size} rows of {size} counts")
        if any(count < 0 for row in self.matrix for count in row):
            raise ValueError("a count is below 0")


class BarSeries(Request, kw_only=True):
    """Values of one name. NaN and infinities are drawn as marks."""

    name: Name
    values: list[Number]
    """One for each label."""


class Bars(Request, kw_only=True, tag="bars", tag_field=TAG):
    labels: Annotated[list[Name], Meta(min_length=1)]
    series: Annotated[list[BarSeries], Meta(min_length=1, max_length=50)]
    y: Name = ""
    """What the bars measure."""

    def __post_init__(self) -> None:
        for one in self.series:
            if len(one.values) != len(self.labels):
                raise ValueError(f"series {one.name!r} has {len(one.values)} values for {len(self.labels)} labels")
        if (bars := len(self.labels) * len(self.series)) > MAX_POINTS:
            raise ValueError(f"{bars:,} bars; a plot has at most {MAX_POINTS:,}")


AnyPlot = Plot | Bars | ConfusionMatrix
