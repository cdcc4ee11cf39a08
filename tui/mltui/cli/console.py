"""Opening the console from a command line."""

import sys

from mltui.cli.session import CommandError


def need_terminal() -> None:
    """Raises CommandError where there is no terminal to draw on."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise CommandError("the console needs a terminal; `mltui --help` lists the commands that do not")


def open_console(url: str, run_id: str | None = None) -> None:
    """The console, until it is left."""
    need_terminal()
    from mltui.console.app import run_console

    run_console(url=url, run_id=run_id)
