"""The log view in a terminal: a million lines, follow, wrap, search, and what a log may not do."""

from log_server import LogServer, plain_line
from widget_apps import LogApp, lines_of

from mltui.console.widgets.log_view import LogView
from mltui.wire.logs import LogLine


async def settle(app: LogApp, pilot: object) -> list[str]:
    await app.log_window.settled()
    await pilot.pause()  # type: ignore[attr-defined]
    return lines_of(app.view)


async def test_a_million_lines_open_at_the_tail_with_one_request() -> None:
    app = LogApp(LogServer(1_000_000))
    async with app.run_test(size=(80, 24)) as pilot:
        lines = await settle(app, pilot)
        assert lines[-1].split() == ["1000000", "line", "999999"]
        assert app.server.asked == [(None, 400)]
        assert app.view.painted_lines <= 3 * 24


async def test_the_scroll_bar_of_a_log_that_opens_at_its_tail_is_at_its_end() -> None:
    app = LogApp(LogServer(40))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        assert app.view.vertical_scrollbar.position == app.view.max_scroll_y == 40 - 24


async def test_follows_until_one_scrolls_up_and_again_after_f() -> None:
    app = LogApp(LogServer(5000))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        app.server.total = 5010
        app.log_window.more()
        assert (await settle(app, pilot))[-1].endswith("line 5009")
        await pilot.press("k")
        app.server.total = 5020
        app.log_window.more()
        assert (await settle(app, pilot))[-1].endswith("line 5008")
        await pilot.press("f")
        assert (await settle(app, pilot))[-1].endswith("line 5019")
        assert [message.on for message in app.of(LogView.Following)] == [False, True]  # type: ignore[attr-defined]


async def test_goes_to_the_first_line_and_scrolls_by_keys_and_wheel() -> None:
    app = LogApp(LogServer(100_000))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        await pilot.press("g")
        assert (await settle(app, pilot))[0].endswith("line 0")
        await pilot.press("j", "pagedown")
        assert (await settle(app, pilot))[0].endswith("line 24")
        await pilot.press("ctrl+u")
        assert (await settle(app, pilot))[0].endswith("line 13")
        await pilot._post_mouse_events([_wheel_down()], widget=app.view)
        assert (await settle(app, pilot))[0].endswith("line 16")


def _wheel_down() -> type:
    from textual.events import MouseScrollDown

    return MouseScrollDown


async def test_dragging_the_scroll_bar_jumps_into_the_middle() -> None:
    app = LogApp(LogServer(100_000))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        await pilot.press("k")
        app.view.scroll_to(y=50_000)
        await pilot.pause()
        assert (await settle(app, pilot))[0].endswith("line 50000")


async def test_wrapped_lines_take_the_rows_that_they_need() -> None:
    def long_line(n: int) -> LogLine:
        return LogLine(n=n, time=n, stream="out", text=f"{n}:" + "abcdefghij" * 12)

    app = LogApp(LogServer(50, long_line), wrap=True, numbers=False)
    async with app.run_test(size=(52, 20)) as pilot:
        lines = await settle(app, pilot)
        assert "".join(line.strip() for line in lines[-3:]) == "49:" + "abcdefghij" * 12
        await pilot.press("g")
        lines = await settle(app, pilot)
        await pilot.press("j")
        assert (await settle(app, pilot))[0] == lines[1], "one row at a time, also within a line"
        await pilot.press("k")
        assert await settle(app, pilot) == lines


async def test_a_progress_bar_of_thousands_of_pieces_is_one_line() -> None:
    def bar_line(n: int) -> LogLine:
        if 1000 <= n < 4000:
            return LogLine(n=n, time=n, stream="err", text=f"\r{n - 1000} of 3000", open=n < 3999)
        return plain_line(n)

    app = LogApp(LogServer(4003, bar_line))
    async with app.run_test(size=(80, 24)) as pilot:
        lines = await settle(app, pilot)
        assert lines[-1].endswith("line 4002")
        assert lines[-4].endswith("2999 of 3000")
        assert lines[-5].endswith("line 999"), "it looks as far back as it takes to fill the screen"


async def test_search_highlights_and_asks_for_the_next_match() -> None:
    app = LogApp(LogServer(5000))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        await pilot.press("n")
        app.view.search("line 12")
        app.view.show_match(1234)
        lines = await settle(app, pilot)
        assert any(line.endswith("line 1234") for line in lines)
        await pilot.press("n", "N")
        await pilot.pause()
        wanted = [(m.forward, m.start) for m in app.of(LogView.SearchWanted)]  # type: ignore[attr-defined]
        assert wanted == [(True, 1235), (False, 1234)]


async def test_wide_characters_keep_the_width_of_the_line() -> None:
    def wide_line(n: int) -> LogLine:
        return LogLine(n=n, time=n, stream="out", text="数据" * 60)

    app = LogApp(LogServer(100, wide_line))
    async with app.run_test(size=(61, 10)) as pilot:
        await settle(app, pilot)
        for _ in range(3):
            assert all(app.view.render_line(y).cell_length == app.view.viewport.width for y in range(9))
            await pilot.press("right")
        await pilot.press("w")
        await settle(app, pilot)
        assert all(app.view.render_line(y).cell_length == app.view.viewport.width for y in range(9))


async def test_times_and_numbers_can_be_shown_or_not() -> None:
    app = LogApp(LogServer(100))
    async with app.run_test(size=(80, 10)) as pilot:
        assert (await settle(app, pilot))[0].split()[0] == "91"
        await pilot.press("t", "number_sign")
        assert (await settle(app, pilot))[0].split() == ["03:04:05.000", "line", "90"]


async def test_an_empty_log_says_so() -> None:
    app = LogApp(LogServer(0))
    async with app.run_test(size=(80, 10)) as pilot:
        assert any("No output yet." in line for line in await settle(app, pilot))
        await pilot.press("j", "k", "g", "f", "w", "n", "pagedown")
