"""What keys do to a version, on its own screen and among its model's versions."""

from textual import work

from mltui.console.screens import model_actions, model_edits
from mltui.console.screens.frame import Frame
from mltui.wire.models import VersionRow

NEED_ONE = frozenset({"alias", "stage", "archive", "description", "tags", "lineage", "delete"})


class VersionKeys(Frame):
    @property
    def here(self) -> VersionRow | None:
        """The version that keys are about."""
        raise NotImplementedError

    @property
    def has_marks(self) -> bool:
        return False

    @work(group="act", name="action_alias", exclusive=True, exit_on_error=False)
    async def action_alias(self) -> None:
        if self.here is not None:
            await model_actions.move_alias(self.app, self.here)

    @work(group="act", name="action_stage", exclusive=True, exit_on_error=False)
    async def action_stage(self) -> None:
        if self.here is not None:
            await model_actions.move_stage(self.app, self.here)

    @work(group="act", name="action_archive", exclusive=True, exit_on_error=False)
    async def action_archive(self) -> None:
        if self.here is not None:
            await model_edits.archive(self.app, self.here)

    @work(group="act", name="action_description", exclusive=True, exit_on_error=False)
    async def action_description(self) -> None:
        if self.here is not None:
            await model_edits.edit_description(self.app, self.here)

    @work(group="act", name="action_tags", exclusive=True, exit_on_error=False)
    async def action_tags(self) -> None:
        if self.here is not None:
            await model_edits.edit_tags(self.app, self.here)

    @work(group="act", name="action_delete", exclusive=True, exit_on_error=False)
    async def action_delete(self) -> None:
        if self.here is not None and await model_actions.delete(self.app, self.here, marked=self.has_marks):
            self.deleted()

    def deleted(self) -> None:
        """The version is not there any more."""

    def action_lineage(self) -> None:
        if self.here is not None:
            self.app.open_lineage(self.here.id)
