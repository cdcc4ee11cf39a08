"""`mltui artifacts rm` and `restore`: files one by one, a folder of them as one thing."""

import argparse
import shlex
import sys
from functools import partial
from typing import TYPE_CHECKING

from mltui.cli.output import size
from mltui.cli.session import CommandError, converse
from mltui.naming import run_id
from mltui.paging import PAGE, read_rows
from mltui.wire.counting import counted

if TYPE_CHECKING:
    from mltui.client import Client
    from mltui.wire.artifacts import ArtifactRow

NAMED = 3
"""Files that stay which are named; the others are counted."""


def remove(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> int:
        run = await run_id(client, args.run)
        rows = await _all(client, run)
        there = {row.name: row for row in rows}
        for name in args.names:
            if name not in there and not any(row.name.startswith(_folder(name)) for row in rows):
                raise CommandError(f"the run has no artifact {name!r}; nothing was deleted")
        for name in args.names:
            what = name
            if name in there:
                await client.delete_artifact(there[name].id)
            else:
                what = await _remove_folder(client, run, name)
            print(f"deleted {what}; back with: mltui artifacts restore {run} {shlex.quote(name)}")
        return 0

    return converse(args, talk)


async def _remove_folder(client: "Client", run: str, name: str) -> str:
    """What went, in words."""
    gone = await client.delete_artifacts(run, name)
    staying = [f"{one.name} stays: it is cited by model version {one.version}" for one in gone.cited]
    _tell(staying)
    return f"{counted(gone.files, 'file')} of {_folder(name)}, {size(gone.file_size)}"


def restore(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> int:
        run = await run_id(client, args.run)
        # The newest of a name is the last: ids grow with time.
        gone = {row.name: row.id for row in await _all(client, run, everything=True) if not row.is_active}
        deletions = {name: await _deletion(client, run, name) for name in args.names if name not in gone}
        if missing := [name for name, deletion in deletions.items() if deletion is None]:
            raise CommandError(f"the run has no deleted artifact {missing[0]!r}; nothing was restored")
        for name in args.names:
            if deletion := deletions.get(name):
                back = await client.restore_artifacts(deletion)
                _tell([f"{one.name} stays deleted: {one.reason}" for one in back.staying])
                print(f"restored {counted(back.files, 'file')} of {_folder(name)}, {size(back.file_size)}")
            else:
                await client.restore_artifact(gone[name])
                print(f"restored {name}")
        return 0

    return converse(args, talk)


async def _deletion(client: "Client", run: str, name: str) -> str | None:
    """Id of the last deletion of the run's folder of that name."""
    folder = _folder(name)
    events = (await client.events(run=run, action="artifacts.delete", text=folder, limit=PAGE)).items
    return next((event.object_id for event in events if event.object_name == folder), None)


async def _all(client: "Client", run: str, *, everything: bool = False) -> "list[ArtifactRow]":
    return (await read_rows(partial(client.artifacts, run=run, everything=everything)))[0]


def _tell(lines: list[str]) -> None:
    for line in lines[:NAMED]:
        print(line, file=sys.stderr)
    if len(lines) > NAMED:
        print(f"and {len(lines) - NAMED:,} more", file=sys.stderr)


def _folder(name: str) -> str:
    return f"{name.strip('/')}/"
