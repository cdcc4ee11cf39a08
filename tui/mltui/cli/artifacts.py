"""`mltui artifacts`: the files of runs, to and from this machine. Deleting: artifact_removal.py."""

import argparse
import asyncio
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mltui.cli import artifact_removal
from mltui.cli.output import Column, clock, print_json, print_table, size
from mltui.cli.session import CommandError, add_json, add_url, converse
from mltui.naming import RUN_HELP, run_id
from mltui.paging import read_rows
from mltui.wire.counting import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mltui.client import Client
    from mltui.wire.artifacts import ArtifactRow

MANY = 1_000
"""Files, which take a while."""


def add(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(metavar="COMMAND", title="commands", required=True)

    def command(name: str, sentence: str, call: "Callable[[argparse.Namespace], int]") -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = commands.add_parser(name, help=sentence, description=sentence)
        add_url(made)
        made.add_argument("run", metavar="RUN", help=RUN_HELP)
        made.set_defaults(call=call)
        return made

    ls = command("ls", "List a run's artifacts.", _ls)
    ls.add_argument("--all", action="store_true", help="also those that are deleted, replaced or unfinished")
    add_json(ls)
    put = command("put", "Make a file, or all files of a folder, artifacts of a run.", _put)
    put.add_argument("path", type=Path, metavar="PATH")
    put.add_argument("--name", default="", help="what it is called there; otherwise as here")
    get = command("get", "Copy an artifact, or all below a folder, to this machine.", _get)
    get.add_argument("name", metavar="NAME", help="the artifact's name, or that of a folder of artifacts")
    get.add_argument("-o", "--output", type=Path, default=Path(), help="the folder to write to; otherwise this one")
    get.add_argument("--overwrite", action="store_true", help="also where another file of the name is there")
    rm = command("rm", "Delete artifacts; `mltui gc` removes their content.", artifact_removal.remove)
    rm.add_argument("names", nargs="+", metavar="NAME", help="an artifact's name, or that of a folder of artifacts")
    restore = command(
        "restore", "Bring deleted and replaced artifacts back, each as it was last.", artifact_removal.restore
    )
    restore.add_argument("names", nargs="+", metavar="NAME", help="an artifact's name, or that of a folder that went")


def _ls(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> "list[ArtifactRow]":
        run = await run_id(client, args.run)
        return (await read_rows(partial(client.artifacts, run=run, everything=args.all)))[0]

    rows = converse(args, talk)
    if args.json:
        print_json(rows)
    elif rows:
        columns = [Column("NAME", flexible=True), Column("TYPE"), Column("SIZE", right=True), Column("STAGE"),
                   Column("CREATED"), *([Column("STATUS")] if args.all else [])]  # fmt: skip
        print_table(columns, [_cells(row)[: len(columns)] for row in rows])
    else:
        print("the run has no artifacts; add one with `mltui artifacts put RUN PATH`")
    return 0


def _cells(row: "ArtifactRow") -> list[str]:
    status = row.status.value if row.is_active or row.status.value != "ready" else "deleted or replaced"
    return [row.name, row.artifact_type.value, size(row.file_size), row.stage or "-", clock(row.created_at), status]


def _put(args: argparse.Namespace) -> int:
    from mltui.agent.files import files_below
    from mltui.artifact_files import upload_all

    if not args.path.exists():
        raise CommandError(f"{args.path}: there is no such file or folder")

    async def talk(client: "Client") -> int:
        run, count = await run_id(client, args.run), 0
        files = await _listed(files_below(args.path, args.name, lambda line: print(line, file=sys.stderr)))
        async for row in upload_all(client, run, files, _progress):
            print(f"{row.name}  {size(row.file_size)}", flush=True)
            count += 1
        return count

    if not _reading(args, talk):
        raise CommandError(f"{args.path}: there are no files in this folder")
    return 0


async def _listed(found: "Iterator[tuple[Path, str]]") -> "list[tuple[Path, str]]":
    """All of them; of many it is said how many they are, before the first is sent."""
    files, total = [], 0
    for file in found:
        files.append(file)
        total += file[0].stat().st_size
        if len(files) % MANY == 0:
            # Here it can be interrupted.
            await asyncio.sleep(0)
    if len(files) >= MANY:
        print(f"{counted(len(files), 'file')}, {size(total)}", file=sys.stderr, flush=True)
    return files


def _get(args: argparse.Namespace) -> int:
    from mltui.artifact_files import Place, Taken, artifacts_at, fetch_all, inside, not_there

    def there(place: Place) -> None:
        print(f"{place[1]}  {size(place[0].file_size)}, there already", flush=True)

    async def talk(client: "Client") -> int:
        rows = await artifacts_at(client, await run_id(client, args.run), args.name)
        if not rows:
            raise CommandError(f"the run has no artifact {args.name!r}; see `mltui artifacts ls {args.run}`")
        places = [(row, inside(args.output, row.name if row.name != args.name else row.file_name)) for row in rows]
        try:
            missing = await not_there(places, there, overwrite=args.overwrite)
        except Taken as taken:
            raise CommandError(f"{taken}; nothing was written, --overwrite replaces what is there") from None
        async for row, file in fetch_all(client, missing, lambda row, got: _progress(row.name, got, row.file_size)):
            print(f"{file}  {size(row.file_size)}", flush=True)
        return 0

    return _reading(args, talk)


def _reading(args: argparse.Namespace, talk: "Callable[[Client], object]") -> int:
    """`converse`, with what goes wrong with files here."""
    from mltui.artifact_files import BadPlace
    from mltui.part_file import ContentError

    try:
        return converse(args, talk)  # type: ignore[arg-type]
    except (ContentError, BadPlace) as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        if error.filename is None:
            raise
        raise CommandError(f"{error.filename}: {error.strerror}") from None


def _progress(name: str, done: int, total: int) -> None:
    """On stderr, where a person looks at it, and only while it takes a while."""
    if sys.stderr.isatty() and total >= 64 << 20:
        end = "\r" if done < total else "\r\x1b[K"
        print(f"{name}  {size(done)} of {size(total)}  {100 * done // total} %", end=end, file=sys.stderr, flush=True)
