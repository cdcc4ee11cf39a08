"""`mltui runs watch`: a line for each change of a stage, and the run's outcome as exit code."""

import argparse
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from mltui.cli.output import coloured, duration, print_json, state
from mltui.cli.session import converse
from mltui.naming import run_id, short_id
from mltui.wire.states import ENDED, Status

if TYPE_CHECKING:
    from mltui.client import Client
    from mltui.wire.runs import RunDetail, StageRunRow

EXIT_CODES = {Status.COMPLETED: 0, Status.CANCELLED: 130}
"""Anything else is 1. A shell's own Ctrl-C is 130, too."""


def run(args: argparse.Namespace) -> int:
    async def talk(client: "Client") -> int:
        return await watch(client, await run_id(client, args.run), quiet=args.quiet)

    return converse(args, talk)


def announce_and_watch(args: argparse.Namespace, begin: "Callable[[Client], Awaitable[RunDetail]]", verb: str) -> int:
    """Begin a run, say so, and with `--watch` stay with it to its end."""

    async def talk(client: "Client") -> int:
        run = await begin(client)
        if args.json:
            print_json(run)
        else:
            print(f"{verb} {run.name}  {run.id}", flush=True)
        return await watch(client, run.id, quiet=args.json) if args.watch else 0

    return converse(args, talk)


async def watch(client: "Client", identity: str, *, quiet: bool) -> int:
    """Follow a run to its end, through restarts of the server. Returns the exit code."""
    from mltui.cli.following import news_of
    from mltui.patience import patiently

    seen: dict[str, tuple[Status, int]] = {}
    run = await client.run(identity)
    async with news_of(client.url, f"run:{identity}") as news:
        while True:
            if not quiet:
                _print_changes(run, seen)
            if run.status in ENDED:
                break
            await news.next()
            run = await patiently(lambda: client.run(identity))
    if not quiet:
        print(_outcome(run), flush=True)
    return EXIT_CODES.get(run.status, 1)


def _print_changes(run: "RunDetail", seen: dict[str, tuple[Status, int]]) -> None:
    for stage in run.stages:
        now = (stage.status, stage.attempt_number)
        if seen.get(stage.name) != now and (stage.status is not Status.PENDING or stage.attempt_number):
            print(f"{time.strftime('%H:%M:%S')}  {_stage_line(stage)}", flush=True)
        seen[stage.name] = now


def _stage_line(stage: "StageRunRow") -> str:
    words = [coloured(f"{state(stage.status):<12}", stage.status), stage.name]
    if stage.reused_from:
        words.append("taken over")
    elif stage.status in ENDED and stage.execution_time is not None:
        words.append(duration(stage.execution_time))
    if stage.attempt_number > 1 or (stage.status is Status.PENDING and stage.attempt_number):
        words.append(f"attempt {stage.attempt_number} of {stage.max_attempts}")
    if stage.error_message:
        words.append(stage.error_message)
    return "  ".join(words)


def _outcome(run: "RunDetail") -> str:
    words = [coloured(state(run.status), run.status), run.name, short_id(run.id), duration(run.execution_time)]
    if run.error_message:
        words.append(run.error_message)
    return "  ".join(words)
