"""The command palette: what keys do here, from the same table as the footer."""

from collections.abc import Callable, Iterable, Mapping

from textual.app import App, SystemCommand
from textual.dom import DOMNode
from textual.screen import Screen

from mltui.console.keymap import active, section

ITSELF = "app.palette"


def offered(app: App[object], screen: Screen[object], keymap: Mapping[str, str]) -> Iterable[SystemCommand]:
    """What can be done on `screen` now; below each, its keys and what they belong to."""

    def act(action: str, node: DOMNode) -> Callable[[], None]:
        async def run() -> None:
            await app.run_action(action, node)

        return run  # type: ignore[return-value]

    for key in active(screen, keymap):
        if key.id != ITSELF:
            yield SystemCommand(key.description, f"{key.keys}  {section(key.id)}", act(key.action, key.node))
