"""`mltui events`: who did what, so far or as it happens."""

import argparse
import sys
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from mltui.cli.output import Column, clock, print_json, print_table
from mltui.cli.session import CommandError, add_json, add_url, converse
from mltui.cli.words import moment
from mltui.console.state.event_text import said
from mltui.paging import PAGE, read_rows

if TYPE_CHECKING:
    from mltui.client import Client
    from mltui.wire.events import EventRow

TOPIC = "events"
SHOWN = 50
FILTERS = ("actor", "action", "object", "object_type", "object_id", "run", "text", "since", "until")


def add(parser: argparse.ArgumentParser) -> None:
    way = parser.add_mutually_exclusive_group()
    way.add_argument("-f", "--follow", action="store_true", help="go on until Ctrl-C; with --json, one a line")
    way.add_argument("--export", metavar="FILE", help="write all that match, oldest first, to a new .csv or .json; - "
                     "prints them as CSV, or as JSON with --json")  # fmt: skip
    parser.add_argument("--actor", help="who did it; several with commas")
    parser.add_argument("--action", help="what was done, as in run.cancel or 'run.*'; several with commas")
    parser.add_argument("--object", metavar="NAME", help="what has that id, or is or was called so: a run with its "
                        "stages; a model with its versions; MODEL/3, MODEL@ALIAS; a file by its path")  # fmt: skip
    parser.add_argument("--object-type", metavar="TYPE", help="run, pipeline, …")
    parser.add_argument("--object-id", metavar="ID")
    parser.add_argument("--run", metavar="ID", help="all that happened to one run and its stages")
    parser.add_argument("--text", help="part of the message")
    parser.add_argument("--since", type=moment, metavar="TIME", help="2h, 3d or 2026-01-31T12:00")
    parser.add_argument("--until", type=moment, metavar="TIME")
    parser.add_argument("--limit", type=int, help=f"at most so many ({SHOWN})")
    add_json(parser)
    add_url(parser)
    parser.set_defaults(call=run)


def run(args: argparse.Namespace) -> int:
    limit = SHOWN if args.limit is None else args.limit
    if limit < 1:
        raise CommandError("--limit must be at least 1", 2)
    if args.export and args.limit is not None:
        raise CommandError("--export writes all that match; leave --limit out, or narrow it down with --since", 2)
    filters = {name: getattr(args, name) for name in FILTERS}

    async def talk(client: "Client") -> int:
        if filters["run"]:
            from mltui.naming import run_id

            filters["run"] = await run_id(client, filters["run"])
        if args.export:
            from mltui.cli.events_export import export

            await export(client, filters, args.export, as_json=args.json)
            return 0
        if args.follow:
            await _follow(client, filters, limit, as_json=args.json)
        events = await _newest(client, filters, limit)
        if args.json:
            print_json(events)
        else:
            columns = [Column("TIME"), Column("WHO"), Column("WHAT"), Column("OBJECT"), Column("", flexible=True)]
            print_table(columns, [_cells(event) for event in events])
        return 0

    return converse(args, talk)


async def _newest(client: "Client", filters: dict[str, str | None], limit: int) -> "list[EventRow]":
    """The newest that match, the oldest of them first."""
    events, _ = await read_rows(partial(client.events, **filters, limit=PAGE), limit)
    return events[::-1]


async def _follow(client: "Client", filters: dict[str, str | None], limit: int, *, as_json: bool) -> None:
    """Print the newest, and then what comes, for ever."""
    from mltui.cli.following import news_of
    from mltui.patience import patiently

    def show(events: "list[EventRow]") -> None:
        for event in events:
            print(msgspec.json.encode(event).decode() if as_json else "  ".join(filter(None, _cells(event))))
        sys.stdout.flush()

    await client.events(limit=1)  # Raises where there is no server; from here on it may go away.
    async with news_of(client.url, TOPIC) as news:
        while TOPIC not in news.cursors:
            await news.next()
        after = news.cursors[TOPIC]
        # What came since that cursor may be among these already.
        events = await patiently(lambda: _newest(client, filters, limit))
        shown = {event.id for event in events}
        show(events)
        while True:
            page = await patiently(partial(client.events, **filters, limit=PAGE, after=after))
            show([event for event in page.items if event.id not in shown])
            after = page.next or after
            if not page.items:
                await news.next()


def _cells(event: "EventRow") -> list[str]:
    return [clock(event.time), event.actor, event.action, event.object_name or event.object_id[-8:], said(event)]
