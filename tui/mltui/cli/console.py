"""Opening the console from a command line."""

import sys
from typing import TYPE_CHECKING

from mltui.cli.session import CommandError
from mltui.naming import LATEST, NoneSuch, only, run_id

if TYPE_CHECKING:
    from mltui.client import Client


def need_terminal() -> None:
    """Raises CommandError where there is no terminal to draw on."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise CommandError("the console needs a terminal; `mltui --help` lists the commands that do not")


async def run_to_open(client: "Client", word: str) -> str:
    """The id of the run that `word` means, as the console's own `:run` finds it. Raises NoneSuch."""
    from mltui.console.state.server import runs_called

    if word == LATEST:
        return await run_id(client, word)
    found = {run.id: run.name for run in await runs_called(client, word)}
    if not found:
        raise NoneSuch(f"no run whose name or id has {word!r} in it; see `mltui runs ls`")
    return only(word, "runs", found)


def open_console(url: str, run_id: str | None = None) -> None:
    """The console, until it is left."""
    need_terminal()
    from mltui.console.app import run_console

    run_console(url=url, run_id=run_id)
