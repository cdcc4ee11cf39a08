"""`mltui ingest … --wait` and `mltui ingest logs`: a job to its end."""

import argparse
import sys
from typing import TYPE_CHECKING

from mltui.cli import run_logs
from mltui.cli.output import coloured, duration, size, state
from mltui.cli.run_watch import EXIT_CODES
from mltui.cli.session import CommandError, converse
from mltui.naming import job_id
from mltui.wire.counting import counted
from mltui.wire.states import ENDED, Status

if TYPE_CHECKING:
    from mltui.client import Client
    from mltui.wire.ingestion import JobRow

LOOK_EVERY_S = 1.0
"""Progress makes no news."""
SAY_EVERY = 10
"""Looks from line to line where there is no terminal, on which one line moves."""


async def watch(client: "Client", identity: str, *, quiet: bool) -> "JobRow":
    """Follow a job to its end, through restarts of the server: a line for each change, and one that moves."""
    import asyncio

    from mltui.cli.following import news_of
    from mltui.patience import patiently

    seen: Status | None = None
    looks = 0
    async with news_of(client.url, "jobs") as news:
        while True:
            job = await patiently(lambda: client.job(identity))
            if not quiet and job.status is not seen:
                _clear()
                print(_line(job), flush=True)
            elif not quiet and job.bytes is not None:
                looks += 1
                _show_progress(job, looks)
            seen = job.status
            if job.status in ENDED:
                return job
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    await news.next()
            except TimeoutError:
                continue


def exit_code(job: "JobRow") -> int:
    return EXIT_CODES.get(job.status, 1)


def logs(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> str:
        job = await client.job(await job_id(client, args.job))
        if job.run_id is None:
            why = "it runs outside" if job.runner.value == "outside" else "it has not been started"
            raise CommandError(f"{job.name} has no log: {why}")
        return job.run_id

    args.run = converse(args, talk)
    return run_logs.run(args)


def _line(job: "JobRow") -> str:
    words = [coloured(f"{state(job.status):<12}", job.status), job.name]
    if job.status in ENDED:
        words.append(duration(job.execution_time))
    if job.rows is not None:
        words.append(counted(job.rows, "row"))
    if job.rows_set_aside:
        words.append(f"{job.rows_set_aside:,} set aside")
    return "  ".join([*words, *([job.error] if job.error else [])])


def _show_progress(job: "JobRow", looks: int) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{_progress(job)}", end="", file=sys.stderr, flush=True)
    elif looks % SAY_EVERY == 0:
        print(_progress(job), file=sys.stderr, flush=True)


def _progress(job: "JobRow") -> str:
    words = [job.name, size(job.bytes), counted(job.rows or 0, "row")]
    if job.progress is not None:
        words.append(f"{int(100 * job.progress)} %")
    return "  ".join([*words, *pace(job)])


def pace(job: "JobRow") -> list[str]:
    """How fast it goes, and how long it still takes, where that is known."""
    return [*([rate(job)] if job.bytes_per_second is not None else []),
            *([f"{duration(job.seconds_left)} left"] if job.seconds_left is not None else [])]  # fmt: skip


def rate(job: "JobRow") -> str:
    return "-" if job.bytes_per_second is None else f"{size(job.bytes_per_second)}/s"


def _clear() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
