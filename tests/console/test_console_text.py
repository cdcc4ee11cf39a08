"""The examples in the documentation of the pure modules are true."""

import doctest
import math
from datetime import UTC

import pytest

from mltui.console import format, keymap, shell
from mltui.console.screens import run_overview
from mltui.console.state import column_types, log_window, series
from mltui.console.widgets import ansi, names
from mltui.console.widgets.chart import scale
from mltui.wire import counting


@pytest.mark.parametrize(
    "module",
    [column_types, counting, format, keymap, log_window, run_overview, series, shell, ansi, scale, names],
    ids=lambda module: module.__name__,
)
def test_examples(module: object) -> None:
    result = doctest.testmod(module, extraglobs={"UTC": UTC})  # type: ignore[arg-type]
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("value", [0.0, 1.0, -1.5, 1e-300, 1e300, 123456.789, 0.00001234, 999999.9, math.nan, math.inf])
def test_numbers_stay_short(value: float) -> None:
    assert len(format.number(value)) <= 10


@pytest.mark.parametrize("seconds", [0, 0.9999, 9.96, 59.6, 3599.7, 86399.9, 8e6])
def test_durations_stay_short(seconds: float) -> None:
    assert len(format.duration(seconds)) <= 7
    assert "60" not in format.duration(seconds)
