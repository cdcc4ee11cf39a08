"""One event: who did what, when, by which request, and what it changed."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import BindingType
from textual.widget import Widget

from mltui.console.keymap import EVENT
from mltui.console.screens.event_words import details
from mltui.console.screens.frame import Frame
from mltui.console.screens.text_page import TextPage
from mltui.console.widgets.keys import bindings
from mltui.wire.events import EventRow

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp


class EventScreen(Frame):
    """Nothing is fetched: an event never changes."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(EVENT)]

    def __init__(self, event: EventRow) -> None:
        super().__init__()
        self._event = event

    def body(self) -> Iterable[Widget]:
        yield TextPage()

    def on_mount(self) -> None:
        page = self.query_one(TextPage)
        page.show(details(self._event))
        page.focus()
        self.title_line(["Events", self._event.action])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "open_object" or has_screen(self._event)

    @work(group="open", name="action_open_object", exclusive=True, exit_on_error=False)
    async def action_open_object(self) -> None:
        await open_object(self.app, self._event)


HAVE_SCREENS = ("run", "pipeline", "metric", "model", "model_version", "ingestion_job")


def has_screen(event: EventRow) -> bool:
    """Whether there is a screen for what it was done to."""
    return event.run_id is not None or event.object_type in HAVE_SCREENS


async def open_object(app: "MltuiApp", event: EventRow) -> None:
    """Its screen; of a stage, an execution or an artifact, its run's. Raises ProblemError when it is gone."""
    if event.object_type in ("model", "model_version"):
        _open_model(app, event)
    elif event.object_type == "ingestion_job":
        from mltui.console.screens.job import JobScreen

        job = await app.client.job(event.object_id)
        app.push_screen(JobScreen(job.id, job))
    elif event.run_id is not None:
        app.open_run((await app.client.run(event.run_id)).id)
    elif event.object_type == "pipeline":
        app.find_pipeline(event.object_id)
    else:
        app.open_metric(event.object_name or event.object_id)


def _open_model(app: "MltuiApp", event: EventRow) -> None:
    name, slash, version = (event.object_name or event.object_id).partition("/")
    if slash:
        from mltui.console.screens.version import VersionScreen

        app.push_screen(VersionScreen(name, version))
    else:
        app.open_model(name)
