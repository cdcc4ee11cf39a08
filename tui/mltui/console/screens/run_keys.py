"""What keys do to a run, on its own screen."""

from textual import work

from mltui.console.screens import run_actions
from mltui.console.screens.run_jumps import RunJumps


class RunKeys(RunJumps):
    def action_start(self) -> None:
        if self.run is not None:
            self.app.start_run(self.run.pipeline_id)

    @work(group="act", exclusive=True, exit_on_error=False)
    async def action_cancel(self) -> None:
        if self.run is not None:
            await run_actions.cancel(self.app, [self.run])
            self.refetch()

    @work(group="act", exclusive=True, exit_on_error=False)
    async def action_retry(self) -> None:
        if self.run is not None and (again := await run_actions.retry(self.app, self.run)):
            self.app.open_run(again)

    @work(group="act", exclusive=True, exit_on_error=False)
    async def action_delete(self) -> None:
        if self.run is not None and await run_actions.delete(self.app, [self.run]):
            self.action_back()

    @work(group="act", exclusive=True, exit_on_error=False)
    async def action_tags(self) -> None:
        if self.run is not None:
            await run_actions.edit_tags(self.app, [self.run])
            self.refetch()

    @work(group="act", exclusive=True, exit_on_error=False)
    async def action_notes(self) -> None:
        if self.run is not None:
            await run_actions.edit_notes(self.app, self.run)
            self.refetch()
