"""What the charts of metrics look like. After a change that is meant: pytest --snapshot-update, and look."""

from collections.abc import Callable
from datetime import UTC

import metric_data
import pytest
from textual.pilot import Pilot
from widget_apps import MetricApp

from mltui.console.theme import ANSI, DARK, LIGHT
from mltui.console.widgets.chart.choices import choices
from mltui.wire.metrics import MetricData, MetricType

SIZES = [(80, 24), (160, 45)]
CHARTS = [(kind, name) for kind in MetricType for name in choices(kind)]
DATA: dict[MetricType, Callable[[], MetricData]] = {
    MetricType.GAUGE: metric_data.gauge,
    MetricType.ENUM: metric_data.enum,
    MetricType.HISTOGRAM: metric_data.histogram,
}


def app_of(kind: MetricType, name: str, theme: str = DARK.name) -> MetricApp:
    unit = {MetricType.GAUGE: "%", MetricType.HISTOGRAM: "s"}.get(kind, "")
    return MetricApp(choices(kind)[name](name, unit=unit, zone=UTC), DATA[kind](), theme)


def pressing(*keys: str) -> Callable[[Pilot[None]], object]:
    async def before(pilot: Pilot[None]) -> None:
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()

    return before


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(("kind", "name"), CHARTS, ids=str)
def test_pictures(snap_compare: Callable[..., bool], kind: MetricType, name: str, size: tuple[int, int]) -> None:
    assert snap_compare(app_of(kind, name), terminal_size=size, run_before=pressing())


@pytest.mark.parametrize(("kind", "name"), CHARTS, ids=str)
def test_pictures_with_a_crosshair(snap_compare: Callable[..., bool], kind: MetricType, name: str) -> None:
    keys = pressing("end", "ctrl+left", "left")
    assert snap_compare(app_of(kind, name), terminal_size=(100, 30), run_before=keys)


@pytest.mark.parametrize("theme", [LIGHT.name, ANSI.name])
@pytest.mark.parametrize(("kind", "name"), [CHARTS[2], CHARTS[4], CHARTS[5]], ids=str)
def test_pictures_in_other_themes(snap_compare: Callable[..., bool], kind: MetricType, name: str, theme: str) -> None:
    assert snap_compare(app_of(kind, name, theme), terminal_size=(100, 30), run_before=pressing())


@pytest.mark.parametrize(("kind", "name"), CHARTS[:1] + CHARTS[2:6], ids=str)
def test_pictures_without_colours(
    snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch, kind: MetricType, name: str
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(app_of(kind, name), terminal_size=(100, 30), run_before=pressing())
