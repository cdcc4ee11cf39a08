"""Where one goes: to screens, and to what the `:` line names."""

import shlex
from typing import TYPE_CHECKING

from textual import work

from mltui.console import shell
from mltui.console.faults import quoted
from mltui.console.keymap import active
from mltui.console.screens.places import screen_of
from mltui.console.state.server import runs_called
from mltui.console.state.session import Session
from mltui.console.theme import THEMES
from mltui.console.typed import InOrder
from mltui.naming import id_to_trace
from mltui.wire.sources import is_address

if TYPE_CHECKING:
    from mltui.client import Client
    from mltui.console.commands import Line
    from mltui.wire.pipelines import PipelineRow
    from mltui.wire.runs import RunRow


class Going(InOrder):
    """The app, as far as it leads from screen to screen."""

    session: Session
    url: str
    lowest_screen: int
    """Screens on the stack, Textual's blank one included, when going back means leaving."""

    @property
    def client(self) -> "Client":
        raise NotImplementedError

    def open_run(self, run_id: str, known: "RunRow | None" = None) -> None:
        """`known` is what a list has of it, to be shown until the server has answered."""
        from mltui.console.screens.run import RunScreen

        self.push_screen(RunScreen(run_id, known))

    def open_pipeline(self, pipeline: str, known: "PipelineRow | None" = None) -> None:
        from mltui.console.screens.pipeline import PipelineScreen

        self.push_screen(PipelineScreen(pipeline, known))

    def open_model(self, name: str) -> None:
        from mltui.console.screens.model import ModelScreen

        self.push_screen(ModelScreen(name))

    def open_lineage(self, key: str) -> None:
        """That of an id, `name/3`, `name@champion` or the URI of a source."""
        from mltui.console.screens.lineage import LineageScreen

        self.push_screen(LineageScreen(key))

    def action_go(self, where: str) -> None:
        """What `screen_of` knows: that screen, with nothing on top of it."""
        wanted = screen_of(where)
        for at, screen in enumerate(self.screen_stack):
            if isinstance(screen, wanted):
                for _ in self.screen_stack[at + 1 :]:
                    self.pop_screen()
                return
        while len(self.screen_stack) > self.lowest_screen:
            self.pop_screen()
        self.push_screen(wanted())

    @work(group="start", name="action_start", exclusive=True, exit_on_error=False)
    async def start_run(self, pipeline: str) -> None:
        """The form that starts a run of `pipeline`; opens the run that it started."""
        from mltui.console.screens.start import StartScreen

        detail = await self.client.pipeline(pipeline)
        if not detail.stages:
            words = f"{detail.name} has no stages to start: its runs are tracked from outside, with "
            self.notify(words + shell.command("exec -- COMMAND", self.url), severity="warning", markup=False)
            return
        run_id = await self.push_screen_wait(StartScreen(detail))
        if run_id is not None:
            self.open_run(run_id)

    @work(group="prompt", exclusive=True, exit_on_error=False)
    async def action_command(self) -> None:
        from mltui.console.screens.prompt import CommandPrompt

        line = await self.push_screen_wait(CommandPrompt(self.session))
        if line is not None:
            self._obey(line)

    def _obey(self, line: "Line") -> None:
        match line.command.name:
            case "runs" | "events" | "ingest":
                self.filter_list(line.command.name, line.argument)
            case "home" | "pipelines":
                self.action_go(line.command.name)
            case "metrics":
                self.open_metric(line.argument)
            case "run":
                self.find_run(line.argument)
            case "pipeline":
                self.find_pipeline(line.argument)
            case "start":
                self.start_run(line.argument)
            case "models":
                self.find_model(line.argument)
            case "lineage":
                self.find_lineage(line.argument)
            case "theme":
                self.choose_theme(line.argument)
            case "help":
                self.action_help()
            case _:
                self.exit()

    def filter_list(self, where: str, line: str) -> None:
        """Go to `runs`, `events` or `ingest`, and show those that match `line`; empty for the filter that is on."""
        from mltui.console.screens.list_screen import ListScreen

        self.action_go(where)
        if line and isinstance(self.screen, ListScreen):
            self.screen.filter_by(line)

    @work(group="find", exclusive=True, exit_on_error=False)
    async def find_run(self, word: str) -> None:
        """Open the run named `word`, or with that in its name or id; list them where several have that name."""
        found = await runs_called(self.client, word)
        if not found:
            self.notify(f"no run whose name or id has {quoted(word)} in it", severity="warning", markup=False)
        elif len(found) == 1:
            self.open_run(found[0].id, found[0])
        else:
            self.filter_list("runs", shlex.quote(word))
            self.notify(f"several runs are called {quoted(word)}; choose one", markup=False)

    @work(group="find", exclusive=True, exit_on_error=False)
    async def open_metric(self, name: str) -> None:
        """The metrics, with the one called `name`; empty for the one that was looked at last."""
        from mltui.console.screens.metrics import MetricsScreen

        if name:
            name = (await self.client.metric(name)).name
            # A screen that is only now made opens on it.
            self.session.memory.look_at(name)
        self.action_go("metrics")
        if name and isinstance(self.screen, MetricsScreen) and self.screen.is_mounted:
            self.screen.open_metric(name)

    @work(group="find", exclusive=True, exit_on_error=False)
    async def find_pipeline(self, word: str) -> None:
        """Open the pipeline with this name or id, if there is one."""
        pipeline = await self.client.pipeline(word)
        self.open_pipeline(pipeline.id, pipeline)

    @work(group="find", exclusive=True, exit_on_error=False)
    async def find_model(self, name: str) -> None:
        """The models, and the one called `name`; empty for all of them."""
        if name:
            name = (await self.client.model(name)).name
        self.action_go("models")
        if name:
            self.open_model(name)

    @work(group="find", exclusive=True, exit_on_error=False)
    async def find_lineage(self, word: str) -> None:
        """That of what `word` means to `mltui lineage`."""
        self.open_lineage(word if is_address(word) else await id_to_trace(self.client, word))

    def choose_theme(self, name: str) -> None:
        if name not in self.available_themes:
            names = ", ".join(theme.name for theme in THEMES)
            self.notify(f"no theme {quoted(name)}; there are {names}", severity="warning", markup=False)
            return
        self.theme = self.session.theme = name

    def action_help(self) -> None:
        from mltui.console.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(active(self.screen, self.session.keymap)))
