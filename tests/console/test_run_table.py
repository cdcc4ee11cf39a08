"""The table in a terminal: keys, messages, what is drawn and how little of it."""

import pytest
from rows import COLUMNS, Row, make_rows
from stages import NOW
from widget_apps import TableApp, lines_of

from mltui.console.screens.run_columns import run_columns
from mltui.console.widgets import names
from mltui.console.widgets.columns import GAP, Column, lay_out, title_in
from mltui.console.widgets.run_table import GUTTER, RunTable


async def test_shows_rows_under_a_header_with_the_sort_arrow() -> None:
    app = TableApp()
    async with app.run_test(size=(110, 20)) as pilot:
        await app.window.settled()
        await pilot.pause()
        lines = lines_of(app.table)
        assert "Status ↓" in lines[0]
        assert "digits-00000" in lines[1]
        assert "digits-00018" in lines[19]


async def test_a_key_repaints_two_lines_and_no_more() -> None:
    app = TableApp()
    async with app.run_test(size=(110, 40)) as pilot:
        await app.window.settled()
        await pilot.pause()
        before = app.table.painted_lines
        await pilot.press("j")
        await pilot.pause()
        assert app.table.painted_lines - before == 2
        app.window.invalidate()
        await app.window.settled()
        await pilot.pause()
        assert app.table.painted_lines - before == 2, "the same rows again are not sent again"


async def test_one_changed_row_repaints_one_line() -> None:
    app = TableApp()
    async with app.run_test(size=(110, 40)) as pilot:
        await app.window.settled()
        await pilot.pause()
        before = app.table.painted_lines
        app.server.rows[5] = make_rows(2000)[1005]
        app.window.invalidate()
        await app.window.settled()
        await pilot.pause()
        assert app.table.painted_lines - before == 1


async def test_time_repaints_the_lines_that_it_changed_and_renders_nothing_else() -> None:
    app, now, rendered = TableApp(), 100.0, 0

    def age(row: Row) -> str:
        return f"{int((now + row.seconds) // 60)}m"

    def name(row: Row) -> str:
        nonlocal rendered
        rendered += 1
        return row.name

    app.table.columns = (Column("name", "Run", name), Column("age", "Age", age, moves=True))
    async with app.run_test(size=(110, 40)) as pilot:
        await app.window.settled()
        await pilot.pause()
        before, seen, rows = app.table.painted_lines, rendered, lines_of(app.table)
        app.table.repaint_moved()
        await pilot.pause()
        assert app.table.painted_lines == before + len(rows), "nothing moved: only the test itself drew lines"
        now += 15
        app.table.repaint_moved()
        await pilot.pause()
        painted = app.table.painted_lines - before - len(rows)
        changed = sum(old != new for old, new in zip(rows, lines_of(app.table), strict=True))
        assert 0 < changed < len(rows) - 1
        assert (painted, rendered) == (changed, seen)


async def test_vim_keys_arrows_and_pages_reach_any_row() -> None:
    app = TableApp(100_000)
    async with app.run_test(size=(110, 21)) as pilot:
        await app.window.settled()
        await pilot.press("j", "down", "k", "pagedown")
        assert app.table.cursor == 20
        await pilot.press("ctrl+u")
        assert app.table.cursor == 11
        await pilot.press("G")
        await app.window.settled()
        await pilot.pause()
        assert app.table.cursor == 99_999
        assert "digits-99999" in lines_of(app.table)[-1]
        await pilot.press("g")
        assert app.table.cursor == 0
        assert len(app.server.asked) <= 8


async def test_opens_sorts_and_marks() -> None:
    app = TableApp()
    async with app.run_test(size=(110, 21)) as pilot:
        await app.window.settled()
        await pilot.pause()
        await pilot.press("j", "enter", "space", "space", "o", "i")
        await pilot.pause()
        opened, marked, ordered = app.of(RunTable.Opened), app.of(RunTable.Marked), app.of(RunTable.Sorted)
        assert [message.row_id for message in opened] == ["run-1"]  # type: ignore[attr-defined]
        assert marked[-1].ids == {"run-1", "run-2"}  # type: ignore[attr-defined]
        assert [(m.key, m.descending) for m in ordered] == [("name", True), ("name", False)]  # type: ignore[attr-defined]
        assert lines_of(app.table)[2].startswith("▌")
        assert "Run ↑" in lines_of(app.table)[0]


async def test_the_mouse_selects_opens_and_sorts() -> None:
    app = TableApp()
    async with app.run_test(size=(110, 21)) as pilot:
        await app.window.settled()
        await pilot.pause()
        await pilot.click(RunTable, offset=(20, 5))
        assert app.table.cursor == 4
        await pilot.click(RunTable, offset=(20, 5), times=2)
        await pilot.click(RunTable, offset=(20, 0))
        await pilot.pause()
        assert app.of(RunTable.Opened)[-1].row_id == "run-4"  # type: ignore[attr-defined]
        assert app.of(RunTable.Sorted)[-1].key == "name"  # type: ignore[attr-defined]


async def test_the_row_under_the_cursor_stays_under_it_when_rows_arrive() -> None:
    app = TableApp()
    async with app.run_test(size=(110, 21)) as pilot:
        await app.window.settled()
        await pilot.press(*["j"] * 30)
        await pilot.pause()
        on_screen = app.table.cursor - app.table.scroll_offset.y
        app.server.rows = [*make_rows(1003)[1000:], *app.server.rows]
        app.window.invalidate()
        await app.window.settled()
        await pilot.pause()
        assert app.window.id_at(app.table.cursor) == "run-30"
        assert app.table.cursor - app.table.scroll_offset.y == on_screen


async def test_an_empty_table_says_what_to_do_next() -> None:
    app = TableApp(0, empty="No runs yet.\nPress s to start one.")
    async with app.run_test(size=(80, 24)) as pilot:
        await app.window.settled()
        await pilot.pause()
        text = "\n".join(lines_of(app.table))
        assert "No runs yet." in text and "Press s to start one." in text
        await pilot.press("enter", "space", "j", "G", "o")


async def test_an_error_is_shown_where_the_rows_would_be() -> None:
    app = TableApp()

    async def broken(offset: int, limit: int) -> tuple[list[object], int]:
        raise ConnectionError("the server is away")

    app.window.reset(broken)  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24)) as pilot:
        await app.window.settled()
        await pilot.pause()
        assert any("the server is away" in line for line in lines_of(app.table))


async def test_columns_of_low_rank_leave_first_in_a_narrow_terminal() -> None:
    app = TableApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.window.settled()
        await pilot.pause()
        assert app.table.shown_columns == ["status", "name", "pipeline", "duration", "memory", "loss"]
        await pilot.resize_terminal(120, 24)
        await pilot.pause()
        assert app.table.shown_columns == [column.key for column in COLUMNS]
        assert not app.table.show_horizontal_scrollbar


def test_widths_never_exceed_the_room_while_anything_can_leave() -> None:
    for room in range(30, 200):
        widths = lay_out(COLUMNS, {"name": 55, "pipeline": 17, "memory": 8}, room - GUTTER)
        assert sum(widths.values()) + GAP * (len(widths) - 1) <= room - GUTTER
        assert {"status", "name"} <= set(widths)


def test_growing_columns_and_long_text_give_way_before_others_leave() -> None:
    columns = [
        Column[Row]("name", "Name", lambda r: r.name),
        Column[Row]("count", "Runs", lambda r: "", align="right"),
        Column[Row]("took", "Took", lambda r: "", rank=1),
        Column[Row]("description", "Description", lambda r: "", min_width=10, rank=3, grows=True),
    ]
    wanted = {"name": 40, "count": 9, "took": 7, "description": 60}
    assert lay_out(columns, wanted, 60) == {"name": 28, "count": 9, "took": 7, "description": 10}
    assert lay_out(columns, wanted, 45) == {"name": 25, "count": 9, "took": 7}
    assert lay_out(columns, wanted, 90) == {"name": 40, "count": 9, "took": 7, "description": 28}


KEYS = ("linear/val/loss", "network/val/loss", "linear/val/accuracy", "network/val/accuracy")


def test_titles_of_metrics_differ_and_are_whole_where_there_is_room() -> None:
    columns = run_columns(lambda: NOW, KEYS)
    for room, whole in ((300, True), (170, False), (120, False)):
        widths = lay_out(columns, {"name": 10}, room)
        titles = [title_in(c, widths[c.key]) for c in columns if c.key in widths and c.key.startswith("metric:")]
        assert len(set(titles)) == len(titles) > 0
        assert (titles == list(KEYS)) == whole


@pytest.mark.parametrize("width", range(2, 24))
def test_names_that_differ_stay_different_in_any_room(width: int) -> None:
    for some in (KEYS, ("a" * 30, "a" * 31), tuple(f"{'x' * 20}/{i}/{'y' * 20}" for i in range(9)), ("same", "same")):
        short = names.distinct(some, width)
        assert len(set(short)) == len(set(some))
        assert all(len(name) <= width for name in short)


async def test_what_ends_after_the_table_is_gone_has_nothing_to_tell() -> None:
    app = TableApp()
    async with app.run_test(size=(80, 20)):
        await app.table.remove()
        app.table.awaited = not app.table.awaited
        app.table.resize_content(3, 10)
        assert app.table.line_count == 3
