"""The buckets behind the charts: what is asked, what is dropped, smoothing."""

import asyncio
import math

import pytest
from curves import CurveServer

from mltui.console.state.series import Series, SeriesRequest, SeriesState, smooth


async def test_nothing_is_asked_before_there_are_columns_and_then_exactly_these() -> None:
    server = CurveServer()
    state = SeriesState(server.fetch, ["train/loss"])
    await state.settled()
    assert server.asked == []
    state.set_columns(180)
    await state.settled()
    assert server.asked == [SeriesRequest(("train/loss",), 180, "step", None, None)]
    assert len(state.curves()[0].buckets.x) == 180


async def test_the_same_question_is_not_asked_twice_but_news_is_fetched() -> None:
    server = CurveServer()
    state = SeriesState(server.fetch, ["train/loss"])
    state.set_columns(100)
    await state.settled()
    state.set_columns(100)
    await state.settled()
    assert len(server.asked) == 1
    state.more()
    await state.settled()
    assert len(server.asked) == 2


async def test_an_answer_for_a_range_that_was_left_is_dropped() -> None:
    server = CurveServer()
    gate = asyncio.Event()

    async def slow(request: SeriesRequest) -> Series:
        await gate.wait()
        return await server.fetch(request)

    shown: list[tuple[float, float]] = []
    state = SeriesState(slow, ["train/loss"], on_change=lambda: shown.append((series().start, series().end)))

    def series() -> Series:
        assert state.series is not None
        return state.series

    state.set_columns(50)
    await asyncio.sleep(0)
    state.zoom(100, 200)
    state.zoom(120, 150)
    gate.set()
    await state.settled()
    assert shown == [(120, 150)]
    assert [request.start for request in server.asked] == [None, 120]


async def test_hidden_series_keep_the_colours_of_the_others() -> None:
    state = SeriesState(CurveServer().fetch, ["train/loss", "val/loss"])
    state.set_columns(50)
    await state.settled()
    state.toggle("train/loss")
    assert [(curve.key, curve.colour) for curve in state.curves()] == [("val/loss", 1)]


async def test_another_axis_shows_all_of_it() -> None:
    server = CurveServer()
    state = SeriesState(server.fetch, ["train/loss"])
    state.set_columns(50)
    state.zoom(10, 20)
    state.set_axis("time")
    await state.settled()
    assert server.asked[-1] == SeriesRequest(("train/loss",), 50, "time", None, None)


async def test_an_error_is_kept_and_the_last_buckets_too() -> None:
    server = CurveServer()
    state = SeriesState(server.fetch, ["train/loss"])
    state.set_columns(50)
    await state.settled()
    server.error = ConnectionError("away")
    state.more()
    await state.settled()
    assert state.error is server.error
    assert state.curves()


def test_smoothing_starts_at_the_first_value_and_keeps_gaps() -> None:
    assert smooth([5.0, None, 5.0, 5.0], 0.9) == pytest.approx([5.0, None, 5.0, 5.0])
    noisy = [(-1.0) ** i for i in range(100)]
    assert max(abs(v) for v in smooth(noisy, 0.95)[20:] if v is not None) < 0.1
    assert smooth([1.0, 2.0], 0.0) == [1.0, 2.0]
    assert not any(math.isnan(v) for v in smooth([1e300, 1e300], 0.99) if v is not None)
