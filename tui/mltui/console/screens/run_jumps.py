"""Where the keys of a run's screen lead: what is known of it elsewhere."""

import shlex

from mltui.console.screens.frame import Frame
from mltui.console.widgets.stage_tree import StageTree
from mltui.wire.runs import RunDetail


class RunJumps(Frame):
    """`run`: None until it has been fetched."""

    run: RunDetail | None

    def action_events(self) -> None:
        if self.run is not None:
            self.app.filter_list("events", f"object:{shlex.quote(self.run.name)}")

    def action_why(self) -> None:
        from mltui.console.screens.why import show_why

        if self.run is not None:
            show_why(self.app, self.run)

    def action_code(self) -> None:
        from mltui.console.screens.code import CodeScreen

        stage = self.query_one(StageTree).selected
        if self.run is not None:
            self.app.push_screen(CodeScreen(self.run, stage.name if stage is not None else ""))

    def action_lineage(self) -> None:
        if self.run is not None:
            self.app.open_lineage(self.run.id)
