"""`mltui ingest`: data brought in from files and addresses. Following a job: ingest_watch.py."""

import argparse
import os
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mltui.cli import ingest_options, ingest_watch
from mltui.cli.job_page import print_job, print_jobs
from mltui.cli.output import print_json, state
from mltui.cli.session import CommandError, add_json, add_url, converse, url_of
from mltui.naming import JOB_HELP, job_id
from mltui.paging import PAGE, read_rows

if TYPE_CHECKING:
    from mltui.client import Client
    from mltui.wire.ingestion import JobRow

SHOWN = 50
WHY = "why, for the job's events"
WORK = "work"
"""What the server has agents run; not for people, so no help names it."""


def add(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(metavar="COMMAND", title="commands", required=True)

    def command(
        name: str, sentence: str, call: Callable[[argparse.Namespace], int], *, job: bool = True
    ) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = commands.add_parser(name, help=sentence, description=sentence)
        add_url(made)
        if job:
            made.add_argument("job", metavar="JOB", help=JOB_HELP)
        made.set_defaults(call=call)
        return made

    ingest_options.add(add_json_and_wait(command("add", "Add a job; with --start, begin it.", _add, job=False)))
    start = add_json_and_wait(command("start", "Begin a job: an agent reads its source.", _start))
    start.add_argument("--reason", default="", help=WHY)
    complete = command("complete", "Say that a job which runs outside is done.", _complete)
    complete.add_argument("--reason", required=True, help="why you say so, for the job's events")
    complete.add_argument("--dataset", metavar="DATASET", help="id or name of the dataset that it made")
    add_json(complete)
    fail = command("fail", "Say that a job which runs outside has failed.", _fail)
    fail.add_argument("--reason", required=True, help="why it failed")
    add_json(fail)
    cancel = command("cancel", "Stop a job.", _cancel)
    cancel.add_argument("--reason", default="", help=WHY)
    add_json(cancel)
    retry = add_json_and_wait(command("retry", "Begin a job anew that failed or was cancelled.", _retry))
    retry.add_argument("--reason", default="", help=WHY)
    command("delete", "Delete a job that is not live; its dataset stays.", _delete)
    restore = command("restore", "Bring a deleted job back as it was.", _restore, job=False)
    restore.add_argument("job", metavar="ID", help="its whole id, which `delete` printed")
    add_json(restore)
    ls = command("ls", "List jobs, the newest first.", _ls, job=False)
    ls.add_argument("--status", action="append", default=[], help="running, failed, …; several with commas or repeated")
    ls.add_argument("--text", help="part of the name, address, id or error")
    ls.add_argument("--limit", type=int, default=SHOWN, help=f"at most so many ({SHOWN})")
    add_json(ls)
    add_json(command("show", "Show a job, its dataset with its columns, and what was done to it.", _show))
    logs = command("logs", "Print the log of a job's last attempt.", ingest_watch.logs)
    logs.add_argument("-f", "--follow", action="store_true", help="go on until it has ended")
    logs.add_argument("--tail", type=int, metavar="N", help="begin N lines before the end")
    logs.set_defaults(stage=None)
    words = "Read the source of a job: what its run does."
    commands.add_parser(WORK, description=words).set_defaults(call=_work)


def add_json_and_wait(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--wait", action="store_true", help="follow it to its end; the exit code is its outcome")
    add_json(parser)
    return parser


def _add(args: argparse.Namespace) -> int:
    if args.wait and not args.start:
        raise CommandError("--wait needs --start: a job that is only added has no end", 2)
    request = ingest_options.job_of(args)
    return _change(args, lambda client: client.create_job(request), wait=args.wait)


def _start(args: argparse.Namespace) -> int:
    return _change(args, _named(args, lambda client, job: client.start_job(job, args.reason)), wait=args.wait)


def _complete(args: argparse.Namespace) -> int:
    from mltui.wire.ingestion import CompleteJob

    said = CompleteJob(reason=args.reason, dataset=args.dataset)
    return _change(args, _named(args, lambda client, job: client.complete_job(job, said)))


def _fail(args: argparse.Namespace) -> int:
    from mltui.wire.ingestion import FailJob

    said = FailJob(reason=args.reason)
    return _change(args, _named(args, lambda client, job: client.fail_job(job, said)))


def _cancel(args: argparse.Namespace) -> int:
    return _change(args, _named(args, lambda client, job: client.cancel_job(job, args.reason)))


def _retry(args: argparse.Namespace) -> int:
    return _change(args, _named(args, lambda client, job: client.retry_job(job, args.reason)), wait=args.wait)


def _named(
    args: argparse.Namespace, act: "Callable[[Client, str], Awaitable[JobRow]]"
) -> "Callable[[Client], Awaitable[JobRow]]":
    async def on(client: "Client") -> "JobRow":
        return await act(client, await job_id(client, args.job))

    return on


def _change(args: argparse.Namespace, change: "Callable[[Client], Awaitable[JobRow]]", *, wait: bool = False) -> int:
    async def talk(client: "Client") -> int:
        job = await change(client)
        if not (args.json and wait):
            _print(args, job)
        if not wait:
            return 0
        ended = await ingest_watch.watch(client, job.id, quiet=args.json)
        if args.json:
            print_json(ended)
        return ingest_watch.exit_code(ended)

    return converse(args, talk)


def _print(args: argparse.Namespace, job: "JobRow") -> None:
    if args.json:
        print_json(job)
    else:
        print("  ".join((state(job.status), job.name, job.id)), flush=True)


def _delete(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> int:
        job = await client.job(await job_id(client, args.job))
        await client.delete_job(job.id)
        print(f"deleted {job.name}; back with: mltui ingest restore {job.id}")
        return 0

    return converse(args, talk)


def _restore(args: argparse.Namespace) -> int:
    # By its whole id: one that is deleted is in no list to look a part of it up in.
    return _change(args, lambda client: client.restore_job(args.job))


def _ls(args: argparse.Namespace) -> int:
    if args.limit < 1:
        raise CommandError("--limit must be at least 1", 2)

    async def talk(client: "Client") -> "tuple[list[JobRow], int]":
        return await read_rows(partial(client.jobs, status=args.status, text=args.text), args.limit)

    jobs, total = converse(args, talk)
    if args.json:
        print_json(jobs)
    else:
        print_jobs(jobs, total)
    return 0


def _show(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> int:
        job = await client.job(await job_id(client, args.job))
        if args.json:
            print_json(job)
            return 0
        dataset = await client.dataset(job.dataset_id) if job.dataset_id else None
        print_job(job, dataset, (await client.events(object_id=job.id, limit=PAGE)).items)
        return 0

    return converse(args, talk)


def _work(args: argparse.Namespace) -> int:
    from mltui.transport import ProblemError, Unreachable

    job, run = os.environ.get("MLTUI_PARAM_JOB"), os.environ.get("MLTUI_RUN_ID")
    if not run or not job or job == "null":
        raise CommandError("this is what an ingestion job's run does; begin one with `mltui ingest start JOB`", 2)
    try:
        from mltui.ingest.work import work
    except ModuleNotFoundError as error:
        raise CommandError(f"{error.name} is not installed here; ingesting needs mltui[server]") from None
    try:
        return work(url_of(args), job, run, Path(os.environ.get("MLTUI_OUTPUT_DIR") or "."))
    except (ProblemError, Unreachable) as error:
        raise CommandError(str(error)) from None
