"""`mltui metrics`: operational metrics that there are, and deleting them."""

import argparse
from functools import partial
from typing import TYPE_CHECKING

from mltui.cli.output import Column, ago, print_json, print_table
from mltui.cli.session import add_json, add_url, converse
from mltui.paging import read_rows

if TYPE_CHECKING:
    from mltui.client import Client
    from mltui.wire.metrics import MetricRow


def add(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(metavar="COMMAND", title="commands", required=True)
    sentence = "List metrics, by name."
    ls = commands.add_parser("ls", help=sentence, description=sentence)
    ls.add_argument("--text", help="part of the name or the description")
    ls.set_defaults(call=_ls)
    add_json(ls)
    sentence = "Delete a metric with its points; it can be restored for a day."
    delete = commands.add_parser("delete", help=sentence, description=sentence)
    delete.add_argument("metric", metavar="NAME")
    delete.add_argument("--now", action="store_true", help="for good, even if it was deleted before")
    delete.set_defaults(call=_delete)
    sentence = "Bring a deleted metric back, with its points."
    restore = commands.add_parser("restore", help=sentence, description=sentence)
    restore.add_argument("metric", metavar="NAME", help="its name, of several the one deleted last; or its id")
    restore.set_defaults(call=_restore)
    for command in (ls, delete, restore):
        add_url(command)


def _ls(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> "list[MetricRow]":
        return (await read_rows(partial(client.metrics, text=args.text)))[0]

    rows = converse(args, talk)
    if args.json:
        print_json(rows)
    elif rows:
        columns = [Column("NAME", flexible=True), Column("TYPE"), Column("SERIES", right=True),
                   Column("POINTS", right=True), Column("CREATED", right=True)]  # fmt: skip
        cells = [[row.name, row.type.value, f"{row.label_sets:,}", f"{row.points:,}", ago(row.created_at)]
                 for row in rows]  # fmt: skip
        print_table(columns, cells)
    else:
        print("no metrics match; programs make them, as docs/metrics.md shows")
    return 0


def _delete(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> int:
        await client.delete_metric(args.metric, now=args.now)
        print(f"deleted {args.metric}" + ("" if args.now else f"; back with: mltui metrics restore {args.metric}"))
        return 0

    return converse(args, talk)


def _restore(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> int:
        metric = await client.restore_metric(args.metric)
        print(f"restored {metric.name}  {metric.id}")
        return 0

    return converse(args, talk)
