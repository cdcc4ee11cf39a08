"""The screens that one goes to, rather than opens from another. Each is imported when it is wanted."""

from mltui.console.screens.frame import Frame


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
