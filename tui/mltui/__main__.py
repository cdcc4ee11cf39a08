"""The command line's front door: reads argv first and imports what the command needs, when it needs it.

Errors are one line on stderr: exit code 1, 2 for a wrong command line, 130 for Ctrl-C.
"""

import argparse
import errno
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from mltui import __version__

COMMANDS = {
    "up": "Open the console, with a server of its own if none answers.",
    "serve": "Run the server until it is told to stop.",
    "db": "Look after the server's database.",
    "exec": "Run a command and track it: its log, its resources, how it ended.",
    "sync": "Ship what processes that died could not send to the server.",
    "pipelines": "List, check, register and start pipelines.",
    "runs": "List, show, start, follow and stop runs.",
    "artifacts": "List a run's files, copy them here, add and delete some.",
    "models": "List, register, compare and move versions of models.",
    "lineage": "Show what something came from, and what it led to.",
    "ingest": "Bring data in from files and addresses, as datasets.",
    "datasets": "List, show and delete tables that were brought in or made here.",
    "metrics": "List, delete and restore operational metrics.",
    "events": "Show who did what.",
    "samples": "Look at samples that the sample store refused: try them again, or forget them.",
    "gc": "Remove content that no artifact refers to any more.",
    "doctor": "Check what is reachable, in which version, and what to do about what is not.",
}
"""Each has its file in mltui.cli: `runs` in runs.py."""

UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""How writing fails. An error over a file of ours has the file's name; the output has none."""

INTERRUPTED, PIPE_CLOSED = 130, 141
"""128 and the signal's number, as a shell has it."""


class Parser(argparse.ArgumentParser):
    """argparse, with its errors on one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see `{self.prog} --help`\n")


def parser_for(argv: Sequence[str]) -> Parser:
    """The parser, with the options of those commands only that `argv` may mean."""
    parser = Parser(
        prog="mltui",
        description="Track, run and watch machine-learning work. Without a command: the console.",
        epilog="`mltui COMMAND --help` says more about each.",
    )
    parser.add_argument("--version", action="version", version=f"mltui {__version__}")
    parser.add_argument("--url", help="the server; otherwise MLTUI_URL, the config file, or http://127.0.0.1:8642")
    parser.add_argument(
        "--run", metavar="RUN", help="open the console on this run: its name, id or a part of it, or `latest`"
    )
    parser.set_defaults(call=_console)
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")
    for name, sentence in COMMANDS.items():
        command = commands.add_parser(name, help=sentence, description=sentence)
        if name in argv:
            import_module(f"mltui.cli.{name}").add(command)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that `argv` says, and return its exit code."""
    from mltui.cli.session import CommandError

    _open_streams()
    # A terminal that cannot show a character shows a question mark, not a traceback.
    for stream in (sys.stdout, sys.stderr):
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")
    argv = list(sys.argv[1:] if argv is None else argv)
    # Split here: argparse would take words of the command that follows for options of its own.
    end = argv.index("--") if "--" in argv else len(argv)
    try:
        args = _parsed(argv[:end], argv[end + 1 :])
        code: int = args.call(args)
        sys.stdout.flush()
        return code
    except CommandError as error:
        print(f"mltui: {error}", file=sys.stderr)  # noqa: T201
        return error.code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _let_go_of_output()
        return PIPE_CLOSED
    except Exception as error:
        if isinstance(error, OSError) and error.errno in UNWRITABLE and error.filename is None:
            _let_go_of_output()
            print(f"mltui: cannot write the output: {error.strerror}", file=sys.stderr)  # noqa: T201
            return 1
        place = traceback.extract_tb(error.__traceback__)[-1]
        what = " ".join(f"{type(error).__name__}: {error}".split())
        print(f"mltui: a fault in mltui itself: {what} ({place.filename}:{place.lineno})", file=sys.stderr)  # noqa: T201
        return 1


def _parsed(argv: list[str], command_line: list[str]) -> argparse.Namespace:
    try:
        return parser_for(argv).parse_args(argv, argparse.Namespace(command_line=command_line))
    except SystemExit:
        # After a help text: only now is it seen that it cannot be written.
        sys.stdout.flush()
        raise


def _open_streams() -> None:
    """Those that a shell closed (`>&-`) lead nowhere; or what is opened next would take their place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115


def _let_go_of_output() -> None:
    """Python flushes stdout once more at exit, and would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _console(args: argparse.Namespace) -> int:
    from mltui.cli.console import open_console, run_to_open
    from mltui.cli.session import converse, url_of

    word = args.run
    open_console(url_of(args), word and converse(args, lambda client: run_to_open(client, word)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
