"""What `mltui ingest add` says about a source and how to read it."""

import argparse
from typing import TYPE_CHECKING

from mltui.cli.session import CommandError
from mltui.cli.words import pair

if TYPE_CHECKING:
    from mltui.wire.ingestion import CreateJob


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("uri", metavar="URI", help="a path or pattern, or an address: file:, https:, s3:, gs:, az:")
    parser.add_argument("--name", help="what the job and its dataset are called; otherwise as the file")
    parser.add_argument("--start", action="store_true", help="begin at once")
    parser.add_argument("--outside", action="store_true", help="somebody else does the work, and says here how it goes")
    how = parser.add_argument_group("how to read it; what is not said is detected")
    how.add_argument("--format", help="csv, tsv, json, jsonl or parquet")
    how.add_argument("--compression", help="none, gzip or zstd")
    how.add_argument("--delimiter", help="between the columns of CSV")
    how.add_argument("--header", action=argparse.BooleanOptionalAction, help="whether the first line names the columns")
    how.add_argument(
        "--type", action="append", default=[], type=pair, metavar="COLUMN=TYPE",
        help="a column's SQL type, as in zip=VARCHAR; may be repeated",
    )  # fmt: skip
    how.add_argument("--set-aside", type=int, metavar="N", help="leave up to N bad rows out, instead of failing")


def job_of(args: argparse.Namespace) -> "CreateJob":
    """Raises CommandError for what cannot be."""
    import msgspec
    from msgspec import UNSET

    from mltui.wire.base import in_words
    from mltui.wire.ingestion import BadRows, CreateJob, ReadOptions, Runner
    from mltui.wire.sources import absolute

    if not args.uri.strip():
        raise CommandError("URI is empty; write a path, as in /data/events.csv, or an address", 2)
    said = {
        "format": args.format, "compression": args.compression, "delimiter": args.delimiter, "header": args.header,
        "types": dict(args.type),
    }  # fmt: skip
    if args.set_aside is not None:
        said |= {"bad_rows": BadRows.SET_ASIDE, "bad_rows_limit": args.set_aside}
    try:
        options = msgspec.convert({name: value for name, value in said.items() if value is not None}, ReadOptions)
    except msgspec.ValidationError as error:
        raise CommandError(in_words(str(error)), 2) from None
    runner = Runner.OUTSIDE if args.outside else Runner.AGENT
    try:
        uri = args.uri if args.outside else absolute(args.uri)
    except ValueError as error:
        raise CommandError(f"{args.uri}: {error}", 2) from None
    return CreateJob(uri=uri, name=args.name or UNSET, runner=runner, options=options, start=args.start)
