"""Plots that a program logs as data, made of what it has: lists, NumPy arrays, tensors."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import SupportsFloat

import msgspec

from mltui.wire.base import in_words, to_number
from mltui.wire.plots import AnyPlot, ConfusionMatrix, Form, Plot, PlotSeries

Points = tuple[Iterable[SupportsFloat], Iterable[SupportsFloat]]
"""Every x, and as many y."""
_decoder = msgspec.json.Decoder(AnyPlot)


def plot(series: Mapping[str, Points], form: Form, x: str, y: str) -> bytes:
    """Raises ValueError for what cannot be drawn."""
    made = [
        PlotSeries(name=str(name), x=[_finite(one) for one in xs], y=[to_number(float(one)) for one in ys])
        for name, (xs, ys) in series.items()
    ]
    return _checked(Plot(series=made, form=form, x=x, y=y))


def confusion_matrix(labels: Sequence[object], matrix: Iterable[Iterable[SupportsFloat]]) -> bytes:
    """Raises ValueError for what cannot be drawn."""
    rows = [[_finite(count) for count in row] for row in matrix]
    return _checked(ConfusionMatrix(labels=[str(label) for label in labels], matrix=rows))


def _finite(value: SupportsFloat) -> float:
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
