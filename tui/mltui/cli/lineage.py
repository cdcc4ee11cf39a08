"""`mltui lineage`: what something came from, and what it led to, as a tree."""

import argparse
import shutil
import sys
from typing import TYPE_CHECKING

from mltui.cli.output import print_json
from mltui.cli.session import add_json, add_url, converse
from mltui.naming import id_to_trace
from mltui.wire.sources import is_address

if TYPE_CHECKING:
    from mltui.client import Client
    from mltui.wire.lineage import Direction, Lineage


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="of a run (also a part of it, or `latest`), an artifact, a dataset, "
                        "an ingestion job or a model version; name/3 or name@alias; a name that only one run, dataset, "
                        "job or model has, of that its newest version; or the URI of a source")  # fmt: skip
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--up", action="store_true", help="only what it came from")
    way.add_argument("--down", action="store_true", help="only what it led to")
    parser.add_argument("--depth", type=int, help="so many steps at most (20)")
    add_json(parser)
    add_url(parser)
    parser.set_defaults(call=run)


def run(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> "Lineage":
        direction: Direction = "up" if args.up else "down" if args.down else "both"
        if is_address(args.id):
            return await client.lineage_of_source(args.id, direction=direction, depth=args.depth)
        key = await id_to_trace(client, args.id)
        return await client.lineage(key, direction=direction, depth=args.depth)

    found = converse(args, talk)
    if args.json:
        print_json(found)
    else:
        print_lineage(found, up=not args.down, down=not args.up)
    return 0


def print_lineage(found: "Lineage", *, up: bool, down: bool) -> None:
    """Fitted to the terminal as the console's screen is: kind and state stay. Where there is none, names are whole."""
    from mltui.console.state.lineage import Branch, came_from, led_to, root_of
    from mltui.console.widgets.lineage_lines import fitted

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    [root] = fitted([Branch(root_of(found))], width)
    print(root.plain)
    for wanted, heading, branches in ((up, "came from", came_from(found)), (down, "led to", led_to(found))):
        if wanted:
            print(heading if branches else f"{heading} nothing that is known")
            for line in fitted(branches, width):
                print(line.plain)
    if found.cut:
        print("… there is more beyond; ask with the id of what stands before it, or with a greater --depth")
