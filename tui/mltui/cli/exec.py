"""`mltui exec`: a command under the agent."""

import argparse
from pathlib import PurePath

from mltui.cli.session import CommandError, add_url, url_of
from mltui.cli.words import add_tags, tags_of

EXAMPLE = "mltui exec -- python train.py"


def add(parser: argparse.ArgumentParser) -> None:
    parser.usage = "%(prog)s [--run-name NAME] [--pipeline NAME] [--tag KEY=VALUE] [--url URL] -- COMMAND..."
    parser.epilog = f"Everything after -- is the command, as in: {EXAMPLE}. Its exit code is that of mltui."
    parser.add_argument("--run-name", help="what the run is called; otherwise as its script or program")
    parser.add_argument("--pipeline", default="default", help="the pipeline (experiment) it belongs to")
    add_tags(parser)
    parser.add_argument("--execution", metavar="ID", help="work of the server's to claim and do: how engines start us")
    add_url(parser)
    parser.set_defaults(call=run)


def run(args: argparse.Namespace) -> int:
    url = url_of(args)
    command: list[str] = args.command_line
    if not command and not args.execution:
        raise CommandError(f"exec needs a command after --, as in: {EXAMPLE}", 2)
    from msgspec import ValidationError

    from mltui.agent.environment import WrongSetting
    from mltui.agent.execute import run_claimed, run_exec
    from mltui.wire.base import in_words

    try:
        if args.execution:
            return run_claimed(args.execution, url=url)
        name = args.run_name or name_of(command)
        return run_exec(command, url=url, run_name=name, pipeline=args.pipeline, tags=tags_of(args))
    except (ValidationError, WrongSetting) as error:
        raise CommandError(in_words(str(error)), 2) from None


def name_of(command: list[str]) -> str:
    """The script that a command runs, otherwise its program: `train.py` for `python -u train.py --lr 1`."""
    script = next((word for word in command if word.endswith((".py", ".sh", ".R", ".jl"))), command[0])
    return PurePath(script).name or script
