"""A window on a list: what it asks for, what it keeps, and how the cursor follows its row."""

import asyncio

from rows import Row, Server, make_rows

from mltui.console.state.window import Window


def window_on(server: Server, **options: int) -> Window[Row]:
    return Window(server.fetch, lambda row: row.id, page_rows=options.get("page_rows", 10))


async def test_asks_for_what_is_visible_and_one_page_on_each_side() -> None:
    server = Server(make_rows(1000))
    window = window_on(server)
    window.show(500, 20)
    await window.settled()
    assert server.asked[0] == (500, 20)
    assert sorted(server.asked[1:]) == [(490, 10), (520, 10)]
    assert window.total == 1000
    row = window.row(505)
    assert row is not None and row.id == "run-505"
    assert window.row(0) is None


async def test_scrolling_within_what_is_held_asks_only_for_the_next_page() -> None:
    server = Server(make_rows(1000))
    window = window_on(server)
    window.show(0, 10)
    await window.settled()
    server.asked.clear()
    window.show(10, 10)
    await window.settled()
    assert server.asked == [(20, 10)]


async def test_many_jumps_while_one_request_is_under_way_become_one_request() -> None:
    server = Server(make_rows(10_000))
    gate = asyncio.Event()
    inner = server.fetch

    async def slow(offset: int, limit: int) -> tuple[list[Row], int]:
        await gate.wait()
        return await inner(offset, limit)

    window = Window(slow, lambda row: row.id, page_rows=10)
    window.show(0, 10)
    for first in range(100, 9000, 10):
        window.show(first, 10)
    gate.set()
    await window.settled()
    assert len(server.asked) <= 5
    assert window.row(8990) is not None


async def test_an_answer_to_another_question_is_dropped() -> None:
    old, new = Server(make_rows(50)), Server(make_rows(50)[::-1])
    gate = asyncio.Event()

    async def slow(offset: int, limit: int) -> tuple[list[Row], int]:
        await gate.wait()
        return await old.fetch(offset, limit)

    window = Window(slow, lambda row: row.id, page_rows=10)
    window.show(0, 10)
    await asyncio.sleep(0)
    window.reset(new.fetch)
    gate.set()
    await window.settled()
    assert window.id_at(0) == "run-49"


async def test_invalidate_fetches_again_only_what_is_visible() -> None:
    server = Server(make_rows(1000))
    window = window_on(server)
    window.show(100, 10)
    await window.settled()
    server.asked.clear()
    window.invalidate()
    await window.settled()
    assert server.asked == [(100, 10)]
    window.show(110, 10)
    await window.settled()
    assert (110, 10) in server.asked, "what was stale is fetched when it comes into view"


async def test_a_change_during_a_request_leads_to_another_request() -> None:
    server = Server(make_rows(10))
    calls = 0

    async def fetch(offset: int, limit: int) -> tuple[list[Row], int]:
        nonlocal calls
        calls += 1
        rows, total = await server.fetch(offset, limit)
        if calls == 1:
            server.rows = make_rows(11)
            window.invalidate()
        return rows, total

    window = Window(fetch, lambda row: row.id, page_rows=20)
    window.show(0, 10)
    await window.settled()
    assert window.total == 11


async def test_the_cursor_and_the_marks_follow_their_rows() -> None:
    server = Server(make_rows(30))
    window = window_on(server)
    window.show(0, 10)
    await window.settled()
    window.move_to(3)
    window.toggle_mark(4)
    newcomer = make_rows(31)[30]
    server.rows = [newcomer, *server.rows]
    window.invalidate()
    await window.settled()
    assert window.cursor == 4
    assert window.id_at(window.cursor) == "run-3"
    assert window.marks == {"run-4"}


async def test_the_cursor_stays_inside_when_rows_vanish() -> None:
    server = Server(make_rows(30))
    window = window_on(server)
    window.show(20, 10)
    await window.settled()
    window.move_to(29)
    server.rows = server.rows[:5]
    window.invalidate()
    await window.settled()
    assert (window.total, window.cursor) == (5, 4)
    assert window.id_at(4) == "run-4"


async def test_a_failed_request_is_kept_as_the_error_and_tried_again() -> None:
    server = Server(make_rows(5))
    broken = True

    async def fetch(offset: int, limit: int) -> tuple[list[Row], int]:
        if broken:
            raise ConnectionError("the server is away")
        return await server.fetch(offset, limit)

    seen: list[Exception | None] = []
    window = Window(fetch, lambda row: row.id, on_change=lambda: seen.append(window.error))
    window.show(0, 10)
    await window.settled()
    assert isinstance(window.error, ConnectionError)
    assert seen == [window.error]
    broken = False
    window.show(0, 10)
    await window.settled()
    assert window.error is None
    assert window.total == 5


async def test_memory_is_bounded_however_far_one_scrolls() -> None:
    server = Server(make_rows(5000))
    window = window_on(server)
    for first in range(0, 4000, 10):
        window.show(first, 10)
        await window.settled()
    assert len(list(window.rows())) <= 100
