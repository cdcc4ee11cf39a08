"""A table of rows that nothing is done to together."""

from typing import TypeVar

from mltui.console.widgets.run_table import RunTable

R = TypeVar("R")


class PlainTable(RunTable[R]):
    """Has no marks, and does not offer them."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action not in ("mark", "clear_marks") and super().check_action(action, parameters)
