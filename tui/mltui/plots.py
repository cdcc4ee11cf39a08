"""Plots that a program logs as data, made of what it has: lists, NumPy arrays, tensors."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, SupportsFloat

import msgspec

from mltui.wire.base import in_words, to_number
from mltui.wire.plots import AnyPlot, Bars, BarSeries, ConfusionMatrix, Form, Plot, PlotSeries

Points = tuple[Iterable[SupportsFloat | str], Iterable[SupportsFloat]]
"""Every x, of bars the name of a category, and as many y."""
Drawn = Form | Literal["bars"]
_decoder = msgspec.json.Decoder(AnyPlot)


def plot(series: Mapping[str, Points], form: Drawn, x: str, y: str) -> bytes:
    """Raises ValueError for what cannot be drawn."""
    if form == "bars":
        return _bars(series, y)
    made = [
        PlotSeries(name=str(name), x=[_finite(one) for one in xs], y=[to_number(float(one)) for one in ys])
        for name, (xs, ys) in series.items()
    ]
    return _checked(Plot(series=made, form=form, x=x, y=y))


def _bars(series: Mapping[str, Points], y: str) -> bytes:
    named = {str(name): ([str(label) for label in labels], values) for name, (labels, values) in series.items()}
    labels = next((labels for labels, _ in named.values()), [])
    for name, (others, _) in named.items():
        if others != labels:
            raise ValueError(f"series {name!r} has other categories than the first; give all of them the same")
    made = [
        BarSeries(name=name, values=[to_number(float(one)) for one in values]) for name, (_, values) in named.items()
    ]
    return _checked(Bars(labels=labels, series=made, y=y))


def confusion_matrix(labels: Sequence[object], matrix: Iterable[Iterable[SupportsFloat]]) -> bytes:
    """Raises ValueError for what cannot be drawn."""
    rows = [[_finite(count) for count in row] for row in matrix]
    return _checked(ConfusionMatrix(labels=[str(label) for label in labels], matrix=rows))


def _finite(value: SupportsFloat | str) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{number} can have no place in a plot")
    return number


def _checked(made: AnyPlot) -> bytes:
    body = msgspec.json.encode(made)
    try:
        _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise ValueError(in_words(str(error))) from None
    return body
