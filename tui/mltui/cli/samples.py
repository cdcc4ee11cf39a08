"""`mltui samples`: what the sample store refused for good."""

import argparse
from typing import TYPE_CHECKING

from mltui.cli.output import Column, clock, print_json, print_table
from mltui.cli.session import add_json, add_url, converse
from mltui.wire.counting import counted

if TYPE_CHECKING:
    from mltui.client import Client
    from mltui.wire.samples import RefusedBatch, RefusedTotal

NOTHING = "nothing was refused"


def add(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(metavar="COMMAND", title="commands", required=True)
    for name, sentence, call in (
        ("ls", "List what was refused, and why.", _ls),
        ("retry", "Put all of it back on its way, when the cause is gone.", _retry),
        ("forget", "Delete all of it for good.", _forget),
    ):
        command = commands.add_parser(name, help=sentence, description=sentence)
        add_url(command)
        if call is _ls:
            add_json(command)
        if call is _forget:
            command.add_argument(
                "--yes", action="store_true", help="do it; without this it is only said how much would be deleted"
            )
        command.set_defaults(call=call)


def _ls(args: argparse.Namespace) -> int:
    refused = converse(args, lambda client: client.refused_samples())
    if args.json:
        print_json(refused)
    elif refused:
        columns = [
            Column("TIME"),
            Column("RUN"),
            Column("HOW MUCH", right=True),
            Column("KEYS"),
            Column("WHY", flexible=True),
        ]
        print_table(columns, [_cells(one) for one in refused])
    else:
        print(NOTHING)
    return 0


def _cells(one: "RefusedBatch") -> list[str]:
    return [
        clock(one.refused_at),
        one.run_id[-8:] or "metric",
        counted(one.samples, "sample" if one.run_id else "point"),
        ", ".join(one.keys) or "unreadable",
        one.reason,
    ]


def _retry(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> "RefusedTotal":
        return await client.retry_refused_samples()

    total = converse(args, talk)
    print(f"on their way again: {total.words}" if total.batches else NOTHING)
    return 0


def _forget(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> "RefusedTotal":
        return await (client.forget_refused_samples() if args.yes else client.refused_total())

    total = converse(args, talk)
    if not total.batches:
        print(NOTHING)
    elif args.yes:
        print(f"deleted for good: {total.words}")
    else:
        print(f"would delete for good: {total.words}; `mltui samples forget --yes` does it")
    return 0
