"""`mltui gc`: remove content that no artifact refers to any more."""

import argparse
from typing import TYPE_CHECKING

from mltui.cli.output import print_json, size
from mltui.cli.session import add_json, add_url, converse
from mltui.wire.counting import counted

if TYPE_CHECKING:
    from mltui.client import Client
    from mltui.wire.artifacts import Garbage


def add(parser: argparse.ArgumentParser) -> None:
    add_url(parser)
    add_json(parser)
    parser.add_argument("--yes", action="store_true", help="do it; without this it is only said what would be removed")
    parser.set_defaults(call=run)


def run(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> "Garbage":
        return await (client.collect_garbage() if args.yes else client.garbage())

    found = converse(args, talk)
    if args.json:
        print_json(found)
    elif not (found.objects or found.uploads):
        print("there is nothing to remove")
    else:
        objects, uploads = counted(found.objects, "content"), counted(found.uploads, "given-up upload")
        what = f"{size(found.bytes)}: {objects} of deleted artifacts, {uploads}"
        print(f"removed {what}" if args.yes else f"would remove {what}; `mltui gc --yes` does it")
    return 0
