"""`mltui runs`: list, show and change runs. Following one: run_watch.py; logs: run_logs.py; figures: run_metrics.py."""

import argparse
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from mltui.cli import run_code, run_logs, run_metrics, run_watch, run_why
from mltui.cli.output import Column, ago, duration, number, print_json, print_table, size, state
from mltui.cli.pipelines import add_start
from mltui.cli.session import CommandError, add_json, add_url, converse
from mltui.cli.words import add_parameters, moment, pair, parameters_of
from mltui.naming import RUN_HELP, run_id, short_id
from mltui.paging import read_rows

if TYPE_CHECKING:
    from mltui.client import Client
    from mltui.wire.runs import RunDetail, RunRow

SHOWN = 50


def add(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(
        name: str, sentence: str, call: Callable[[argparse.Namespace], int] | None = None
    ) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=sentence, description=sentence)
        add_url(made)
        if call is not None:
            made.add_argument("run", help=RUN_HELP)
            made.set_defaults(call=call)
        return made

    _add_ls(command("ls", "List runs, the newest first."))
    add_json(command("show", "Show a run: its stages, parameters and last metrics.", run_show))
    add_start(command("start", "Start a run of a pipeline."))

    cancel = command("cancel", "Stop a run: SIGTERM to its processes, ten seconds later SIGKILL.", run_cancel)
    cancel.add_argument("--reason", default="", help="why, for the run's events")
    add_json(cancel)

    retry = command("retry", "Run again what did not complete, as a new run.", run_retry)
    retry.add_argument(
        "--from-stage", metavar="STAGE", help="run this stage and all after it, even where they completed"
    )
    add_parameters(retry)
    retry.add_argument("--watch", action="store_true", help="follow it to its end; the exit code is its outcome")
    add_json(retry)

    delete = command("delete", "Delete a run that has ended; it can be restored for a day.", run_delete)
    delete.add_argument("--now", action="store_true", help="at once and for good, with its log and samples")
    restore = command("restore", "Bring a deleted run back, as it was.")
    restore.add_argument("run", metavar="ID", help="its whole id, as `mltui runs delete` and its events say it")
    restore.set_defaults(call=run_restore)

    tag = command("tag", "Set and remove tags.", run_tag)
    tag.add_argument("tags", type=pair, nargs="*", metavar="KEY=VALUE")
    tag.add_argument("--remove", action="append", default=[], metavar="KEY", help="a tag to remove; may be repeated")
    add_json(tag)

    run_logs.add(command("logs", "Print a run's log.", run_logs.run))
    run_metrics.add(command("metrics", "Show a run's metrics: last, least, greatest, how many.", run_metrics.run))

    add_json(command("why", "Say why a run failed, and what differs from the last good one.", run_why.run))
    run_code.add(command("code", "Show what a run ran from: commit, changes, interpreter, packages.", run_code.run))

    watch = command("watch", "Follow a run's stages to its end; the exit code is its outcome.", run_watch.run)
    watch.add_argument("--quiet", action="store_true", help="print nothing, only wait")


def _add_ls(parser: argparse.ArgumentParser) -> None:
    def several(option: str, sentence: str, metavar: str | None = None) -> None:
        parser.add_argument(option, action="append", default=[], metavar=metavar, help=sentence)

    several("--status", "running, failed, …; several with commas or repeated")
    parser.add_argument("--pipeline", help="name or id")
    parser.add_argument("--trigger", help="manual, schedule, api, external or retry")
    parser.add_argument("--environment")
    several("--tag", "may be repeated; all must hold", "KEY[=VALUE]")
    parser.add_argument("--since", type=moment, metavar="TIME", help="created after: 2h, 3d or 2026-01-31T12:00")
    parser.add_argument("--until", type=moment, metavar="TIME", help="created before")
    parser.add_argument("--text", help="part of the name, id, notes or error")
    parser.add_argument("--sort", default="-created_at", help="a column or metric:KEY, with - in front for descending")
    several("--metric", "also show this metric's last value; may be repeated", "KEY")
    parser.add_argument("--limit", type=int, default=SHOWN, help=f"at most so many ({SHOWN})")
    add_json(parser)
    parser.set_defaults(call=run_ls)


def run_ls(args: argparse.Namespace) -> int:
    if args.limit < 1:
        raise CommandError("--limit must be at least 1", 2)
    runs, total = converse(args, lambda client: _list(client, args))
    if args.json:
        print_json(runs)
        return 0
    if not runs:
        print("no runs match; start one with `mltui pipelines start NAME`")
        return 0
    columns = [
        Column("STATE"),
        Column("ID"),
        Column("NAME", flexible=True),
        Column("PIPELINE", flexible=True),
        Column("CREATED", right=True),
        Column("TIME", right=True),
        Column("STAGES", right=True),
        Column("MEMORY", right=True),
        *(Column(key, right=True) for key in args.metric),
        Column("TAGS", flexible=True),
    ]
    print_table(columns, [_row(run, args.metric) for run in runs])
    if total > len(runs):
        print(f"{len(runs)} of {total} runs; --limit N shows more", file=sys.stderr)
    return 0


async def _list(client: "Client", args: argparse.Namespace) -> "tuple[list[RunRow], int]":
    fetch = partial(
        client.runs,
        status=args.status,
        pipeline=args.pipeline,
        trigger=args.trigger,
        environment=args.environment,
        tags=[tag.replace("=", ":", 1) for tag in args.tag],
        since=args.since,
        until=args.until,
        text=args.text,
        sort=args.sort,
        metrics=args.metric,
    )
    return await read_rows(fetch, args.limit)


def _row(run: "RunRow", metrics: list[str]) -> list[str]:
    done = f"{run.success_count}/{run.stage_count}" if run.stage_count else "-"
    return [
        state(run.status),
        short_id(run.id),
        run.name,
        run.pipeline_name,
        ago(run.created_at),
        duration(run.execution_time),
        done,
        size(run.max_memory_usage),
        *(number(run.metrics.get(key)) for key in metrics),
        " ".join(f"{key}={value}" for key, value in run.tags.items()),
    ]


def run_show(args: argparse.Namespace) -> int:
    from mltui.cli.run_page import print_run

    async def talk(client: "Client") -> int:
        run = await client.run(await run_id(client, args.run))
        if args.json:
            print_json(run)
        else:
            print_run(run, await client.series_keys(run.id))
        return 0

    return converse(args, talk)


def run_cancel(args: argparse.Namespace) -> int:
    async def cancel(client: "Client", identity: str) -> "RunDetail":
        return await client.cancel_run(identity, args.reason)

    return _change(args, cancel)


def run_retry(args: argparse.Namespace) -> int:
    async def begin(client: "Client") -> "RunDetail":
        from msgspec import UNSET

        from mltui.wire.runs import RetryRun

        run = await client.run(await run_id(client, args.run))
        parameters = parameters_of(args, run.definition.parameters)
        return await client.retry_run(run.id, RetryRun(from_stage=args.from_stage or UNSET, parameters=parameters))

    return run_watch.announce_and_watch(args, begin, "started")


def run_delete(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> int:
        identity = await run_id(client, args.run)
        if versions := (await client.footprint([identity])).versions:
            print(f"{', '.join(versions)} came from it, and will know its id and name only", file=sys.stderr)
        await client.delete_run(identity, now=args.now)
        print(f"deleted {identity}" + ("" if args.now else f"; back with: mltui runs restore {identity}"))
        return 0

    return converse(args, talk)


def run_restore(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> int:
        # By its whole id: one that is deleted is in no list to look a part of it up in.
        run = await client.restore_run(args.run)
        print(f"restored {run.name}  {run.id}")
        return 0

    return converse(args, talk)


def run_tag(args: argparse.Namespace) -> int:
    if not args.tags and not args.remove:
        raise CommandError("say which: KEY=VALUE sets a tag, --remove KEY removes one", 2)

    async def tag(client: "Client", identity: str) -> "RunDetail":
        from mltui.wire.runs import PatchRun

        return await client.patch_run(identity, PatchRun(tags=dict(args.tags) | dict.fromkeys(args.remove)))

    return _change(args, tag)


def _change(args: argparse.Namespace, change: "Callable[[Client, str], Awaitable[RunDetail]]") -> int:
    async def talk(client: "Client") -> "RunDetail":
        return await change(client, await run_id(client, args.run))

    run = converse(args, talk)
    if args.json:
        print_json(run)
    else:
        tags = " ".join(f"{key}={value}" for key, value in run.tags.items())
        print("  ".join(filter(None, [state(run.status), run.name, run.id, tags])))
    return 0
