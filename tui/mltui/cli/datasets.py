"""`mltui datasets`: tables that were brought in or made here, what is in them, and deleting them."""

import argparse
from functools import partial
from typing import TYPE_CHECKING

from mltui.cli.dataset_page import print_dataset, print_datasets
from mltui.cli.output import print_json
from mltui.cli.session import CommandError, add_json, add_url, converse
from mltui.paging import read_rows

if TYPE_CHECKING:
    from mltui.client import Client
    from mltui.wire.datasets import DatasetDetail, DatasetRow

SHOWN = 50


def add(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(metavar="COMMAND", title="commands", required=True)
    sentence = "List datasets, the newest first."
    ls = commands.add_parser("ls", help=sentence, description=sentence)
    ls.add_argument("--text", help="part of the name, or of the address that it came from")
    ls.add_argument("--limit", type=int, default=SHOWN, help=f"at most so many ({SHOWN})")
    ls.set_defaults(call=_ls)
    sentence = "Show a dataset: its columns with what is in them, and its first rows."
    show = commands.add_parser("show", help=sentence, description=sentence)
    show.add_argument("dataset", metavar="DATASET", help="its id or name; of several of that name, the newest")
    show.set_defaults(call=_show)
    sentence = "Delete a dataset with its file; `mltui gc` removes the content."
    rm = commands.add_parser("rm", help=sentence, description=sentence)
    rm.add_argument("dataset", metavar="DATASET", help="its id or name; of several of that name, the newest")
    rm.set_defaults(call=_rm)
    sentence = "Bring a deleted dataset back."
    restore = commands.add_parser("restore", help=sentence, description=sentence)
    restore.add_argument("dataset", metavar="ID", help="its whole id, which `rm` printed")
    restore.set_defaults(call=_restore)
    for command in (ls, show):
        add_json(command)
    for command in (ls, show, rm, restore):
        add_url(command)


def _ls(args: argparse.Namespace) -> int:
    if args.limit < 1:
        raise CommandError("--limit must be at least 1", 2)

    async def talk(client: "Client") -> "tuple[list[DatasetRow], int]":
        return await read_rows(partial(client.datasets, text=args.text), args.limit)

    rows, total = converse(args, talk)
    if args.json:
        print_json(rows)
    else:
        print_datasets(rows, total)
    return 0


def _show(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> "DatasetDetail":
        return await client.dataset(args.dataset)

    dataset = converse(args, talk)
    if args.json:
        print_json(dataset)
    else:
        print_dataset(dataset)
    return 0


def _rm(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> int:
        dataset = await client.dataset(args.dataset)
        await client.delete_dataset(dataset.id)
        print(f"deleted {dataset.name}; back with: mltui datasets restore {dataset.id}")
        return 0

    return converse(args, talk)


def _restore(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> int:
        dataset = await client.restore_dataset(args.dataset)
        print(f"restored {dataset.name}  {dataset.id}")
        return 0

    return converse(args, talk)
