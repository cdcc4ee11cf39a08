"""Every status can be told from the others in every theme, with and without colours."""

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.theme import Theme
from textual.widgets import Static
from widget_apps import StagesApp, TableApp

from mltui.console.theme import SERIES_COLOURS, STATUS, THEMES, VARIABLE_DEFAULTS, palette
from mltui.wire.states import Status


def test_each_status_has_a_glyph_of_its_own_of_one_cell() -> None:
    assert set(STATUS) == set(Status)
    assert len({look.glyph for look in STATUS.values()}) == len(Status)
    assert all(cell_len(look.glyph) == 1 for look in STATUS.values())


@pytest.mark.parametrize("theme", [*THEMES, None], ids=lambda theme: theme.name if theme else "nord")
async def test_failed_running_and_completed_differ_and_so_do_the_series(theme: Theme | None) -> None:
    app: App[None] = TableApp(theme=theme.name if theme else "nord")
    async with app.run_test():
        colours = palette(app)
        told_apart = (Status.FAILED, Status.RUNNING, Status.COMPLETED, Status.PENDING)
        assert len({colours.status(status) for status in told_apart}) == len(told_apart)
        assert len({colours.series(i) for i in range(SERIES_COLOURS)}) == SERIES_COLOURS
        assert colours.series(0) != colours.series(0, dim=True)
        assert colours.series(SERIES_COLOURS) == colours.series(0)


class StyledApp(App[None]):
    """Style sheets may name our variables, whichever theme is on."""

    CSS = "".join(f".{name} {{ color: ${name}; }}\n" for name in VARIABLE_DEFAULTS)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return VARIABLE_DEFAULTS

    def compose(self) -> ComposeResult:
        yield Static("words", classes="muted")


async def test_style_sheets_may_name_our_variables_in_every_theme() -> None:
    app = StyledApp()
    for theme in THEMES:
        app.register_theme(theme)
    async with app.run_test() as pilot:
        for name in app.available_themes:
            app.theme = name
            await pilot.pause()
            assert app.theme == name


async def test_another_theme_draws_everything_in_its_colours() -> None:
    app = StagesApp()
    async with app.run_test(size=(80, 10)) as pilot:
        await pilot.pause()
        dark = app.tree_widget.render_line(1)
        app.theme = THEMES[1].name
        await pilot.pause()
        light = app.tree_widget.render_line(1)
        assert dark.text == light.text
        assert {segment.style for segment in dark} != {segment.style for segment in light}


async def test_without_colours_the_words_are_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = TableApp(theme="mltui-ansi")
    async with app.run_test(size=(80, 24)) as pilot:
        await app.window.settled()
        await pilot.pause()
        assert app.no_color
        assert "✗ failed" in "".join(app.table.render_line(y).text for y in range(24))
