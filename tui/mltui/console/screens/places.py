"""The screens that one goes to, rather than opens from another. Each is imported when it is wanted."""

from typing import TYPE_CHECKING

from mltui.console.screens.frame import Frame

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp


def screen_of(place: str) -> type[Frame]:
    """That of `home`, `runs`, `pipelines`, `models`, `ingest`, `events` or `metrics`."""
    match place:
        case "home":
            from mltui.console.screens.home import HomeScreen

            return HomeScreen
        case "runs":
            from mltui.console.screens.runs import RunsScreen

            return RunsScreen
        case "pipelines":
            from mltui.console.screens.pipelines import PipelinesScreen

            return PipelinesScreen
        case "models":
            from mltui.console.screens.models import ModelsScreen

            return ModelsScreen
        case "events":
            from mltui.console.screens.events import EventsScreen

            return EventsScreen
        case "ingest":
            from mltui.console.screens.jobs import JobsScreen

            return JobsScreen
        case _:
            from mltui.console.screens.metrics import MetricsScreen

            return MetricsScreen


def open_place(app: "MltuiApp", place: str, word: str) -> None:
    """`models`, and the one called `word` if there is one; or the `lineage` of what `word` means."""
    if place == "lineage":
        from mltui.console.screens.lineage import LineageScreen

        app.push_screen(LineageScreen(word))
        return
    app.action_go(place)
    if word:
        open_model(app, word)


def open_model(app: "MltuiApp", name: str) -> None:
    from mltui.console.screens.model import ModelScreen

    app.push_screen(ModelScreen(name))
