"""`mltui samples`: what the sample store refused for good."""

import argparse
from typing import TYPE_CHECKING

from mltui.cli.output import Column, clock, print_json, print_table
from mltui.cli.session import add_json, add_url, converse

if TYPE_CHECKING:
    from mltui.client import Client
    from mltui.wire.samples import RefusedBatch


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
        command.set_defaults(call=call)


def _ls(args: argparse.Namespace) -> int:
    refused = converse(args, lambda client: client.refused_samples())
    if args.json:
        print_json(refused)
    elif refused:
        columns = [
            Column("TIME"),
            Column("RUN"),
            Column("SAMPLES", right=True),
            Column("KEYS"),
            Column("WHY", flexible=True),
        ]
        print_table(columns, [_cells(one) for one in refused])
    else:
        print("nothing was refused")
    return 0


def _cells(one: "RefusedBatch") -> list[str]:
    return [
        clock(one.refused_at),
        one.run_id[-8:] or "metric",
        str(one.samples),
        ", ".join(one.keys) or "unreadable",
        one.reason,
    ]


def _retry(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> int:
        return (await client.retry_refused_samples()).batches

    print(f"batches on their way again: {converse(args, talk)}")
    return 0


def _forget(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> int:
        return (await client.forget_refused_samples()).batches

    print(f"batches forgotten: {converse(args, talk)}")
    return 0
