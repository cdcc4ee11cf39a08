"""`mltui runs metrics`: what Postgres keeps of each series, or every sample as CSV."""

import argparse
import sys
from typing import TYPE_CHECKING

from mltui.cli.output import Column, number, print_json, print_table
from mltui.cli.session import CommandError, converse
from mltui.naming import run_id
from mltui.wire.samples import RESOURCE_PREFIX

if TYPE_CHECKING:
    from mltui.client import Client
    from mltui.wire.samples import SeriesSummary


def add(parser: argparse.ArgumentParser) -> None:
    parser.epilog = f"Without --key: all that the program logged, but no resources ({RESOURCE_PREFIX}…)."
    parser.add_argument("--key", action="append", default=[], help="only this metric; may be repeated")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="print every sample as CSV")
    form.add_argument("--json", action="store_true", help="print what the server answered, as JSON")


def run(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> int:
        identity = await run_id(client, args.run)
        if args.csv:
            async for piece in client.export_csv(identity, args.key):
                sys.stdout.buffer.write(piece)
            return 0
        _print(_chosen(await client.series_keys(identity), args.key), as_json=args.json)
        return 0

    return converse(args, talk)


def _chosen(series: "list[SeriesSummary]", keys: list[str]) -> "list[SeriesSummary]":
    if not keys:
        return [summary for summary in series if not summary.key.startswith(RESOURCE_PREFIX)]
    by_key = {summary.key: summary for summary in series}
    if unknown := [key for key in keys if key not in by_key]:
        known = ", ".join(by_key) or "none"
        raise CommandError(f"the run has no metric {unknown[0]!r}; it has: {known}")
    return [by_key[key] for key in keys]


def _print(series: "list[SeriesSummary]", *, as_json: bool) -> None:
    if as_json:
        print_json(series)
        return
    if not series:
        print("the run has logged no metrics")
        return
    figures = ("LAST", "MIN", "MAX", "STEP", "COUNT", "NONFINITE")
    rows = [
        [s.key, number(s.last), number(s.min), number(s.max), number(s.last_step), str(s.count), str(s.nonfinite)]
        for s in series
    ]
    print_table([Column("METRIC", flexible=True), *(Column(title, right=True) for title in figures)], rows)
