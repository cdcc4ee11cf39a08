"""The window on events against a history that grows: what it shows is the history as it was, with nothing left out."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mltui.console.state.event_window import EventWindow
from mltui.console.state.window import PAGE_ROWS
from mltui.wire.base import Page
from mltui.wire.events import EventRow

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)


class History:
    """Events with ids from 1 on, paged by cursor as the server does it."""

    def __init__(self, count: int) -> None:
        self.count, self.requests = count, 0

    async def page(self, cursor: str | None, limit: int) -> Page[EventRow]:
        self.requests += 1
        first = self.count if cursor is None else int(cursor) - 1
        ids = range(first, max(0, first - limit), -1)
        return Page(items=[event(id_) for id_ in ids], next=str(ids[-1]) if ids and ids[-1] > 1 else None)


def event(id_: int) -> EventRow:
    return EventRow(
        id=id_, time=BEGAN + timedelta(seconds=id_), actor="ada", action="run.note", object_type="run", object_id="",
        object_name=None, run_id=None, before=None, after=None, message="", request_id=None,
    )  # fmt: skip


def ids_in(window: EventWindow, first: int, count: int) -> list[int | None]:
    return [row.id if (row := window.row(at)) else None for at in range(first, first + count)]


async def see(window: EventWindow, first: int) -> None:
    window.show(first, 20)
    await window.settled()


async def test_as_much_is_known_as_was_read():
    window = EventWindow(History(450).page)
    await see(window, 0)
    assert (window.total, window.is_whole) == (300, False)
    await see(window, 180)
    assert (window.total, window.is_whole) == (400, False)
    await see(window, 380)
    assert (window.total, window.is_whole) == (450, True)
    await see(window, 430)
    assert ids_in(window, 430, 21) == [*range(20, 0, -1), None]


@pytest.mark.parametrize("count", [0, 1, PAGE_ROWS, PAGE_ROWS + 1])
async def test_short_histories_are_whole(count):
    window = EventWindow(History(count).page)
    await see(window, 0)
    assert (window.total, window.is_whole) == (count, True) or count > PAGE_ROWS
    await see(window, PAGE_ROWS - 10)
    assert window.total == count


async def test_what_is_begun_anew_before_an_answer_counts_what_is_shown():
    history, answers = History(7), asyncio.Event()
    seen: list[tuple[int | None, int | None, bool]] = []

    async def page(cursor: str | None, limit: int) -> Page[EventRow]:
        found = await history.page(cursor, limit)
        await answers.wait()
        return found

    window = EventWindow(page)
    window.on_change = lambda: seen.append((next(iter(ids_in(window, 0, 1))), window.total, window.is_whole))
    window.show(0, 20)
    await asyncio.sleep(0)
    history.count = 8
    window.restart()
    answers.set()
    await window.settled()
    assert seen == [(7, 7, True), (8, 8, True)]


async def test_what_is_newer_is_counted_and_comes_in_when_asked_for():
    history = History(300)
    window = EventWindow(history.page)
    await see(window, 0)
    window.move_to(7)
    history.count = 305
    await window.look()
    assert (window.newer, ids_in(window, 0, 2)) == (5, [300, 299])
    history.count = 1_000
    await window.look()
    assert window.newer == PAGE_ROWS
    window.move_to(0)
    window.restart()
    await window.settled()
    assert (window.newer, window.cursor, ids_in(window, 0, 2)) == (0, 0, [1_000, 999])


@settings(max_examples=60)
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 150)), max_size=12))
def test_nothing_repeats_or_hides_wherever_one_goes_while_events_come(walk):
    async def go() -> None:
        history = History(1_234)
        window = EventWindow(history.page)
        await see(window, 0)
        for share, more in walk:
            history.count += more
            await window.look()
            window.invalidate()
            first = int(share * (window.total or 0))
            await see(window, first)
            await see(window, first)  # As far as is known now.
            wanted = [1_234 - at if at < 1_234 else None for at in range(first, first + 20)]
            assert ids_in(window, first, 20) == wanted

    asyncio.run(go())
