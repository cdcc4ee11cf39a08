"""What the widgets look like. After a change that is meant: pytest --snapshot-update, and look at the pictures."""

from collections.abc import Callable

import pytest
from textual.pilot import Pilot
from widget_apps import GridApp, LogApp, MatrixApp, StagesApp, TableApp, WidgetApp

from mltui.console.theme import ANSI, LIGHT

SIZES = [(80, 24), (160, 45)]
APPS: dict[str, Callable[[], WidgetApp]] = {
    "table": TableApp,
    "empty table": lambda: TableApp(0, empty="No runs yet.\nPress s to start one."),
    "log": lambda: LogApp(times=True),
    "wrapped log": lambda: LogApp(wrap=True),
    "grid": GridApp,
    "chart": lambda: GridApp(GridApp().grid.panels[:1]),
    "stages": StagesApp,
    "matrix": MatrixApp,
}
KEYS: dict[str, list[str]] = {
    "table": ["j", "j", "space", "j"],
    "chart": ["end", *["left"] * 30],
    "stages": ["j", "j", "j"],
    "matrix": ["j", "right", "right", "right"],
}


async def at_rest(pilot: Pilot[None], keys: list[str]) -> None:
    for key in [*keys, None]:
        for name in ("window", "log_window", "state"):
            part = getattr(pilot.app, name, None)
            if part is not None:
                await pilot.pause()
                await part.settled()
        if key:
            await pilot.press(key)
        await pilot.pause()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", APPS)
def test_pictures(snap_compare: Callable[..., bool], name: str, size: tuple[int, int]) -> None:
    async def before(pilot: Pilot[None]) -> None:
        await at_rest(pilot, KEYS.get(name, []))

    assert snap_compare(APPS[name](), terminal_size=size, run_before=before)


@pytest.mark.parametrize("theme", [LIGHT.name, ANSI.name])
@pytest.mark.parametrize("kind", [TableApp, GridApp, StagesApp, LogApp], ids=lambda kind: kind.__name__)
def test_pictures_in_other_themes(
    snap_compare: Callable[..., bool], theme: str, kind: type[TableApp] | type[GridApp] | type[StagesApp] | type[LogApp]
) -> None:
    async def before(pilot: Pilot[None]) -> None:
        await at_rest(pilot, ["down"])

    assert snap_compare(kind(theme=theme), terminal_size=(100, 30), run_before=before)
