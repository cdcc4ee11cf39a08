"""`mltui up`: the console, with a server of its own where none answers."""

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING

from mltui.cli.console import need_terminal, open_console
from mltui.cli.session import CommandError, add_url, converse, url_of
from mltui.wire.counting import counted

if TYPE_CHECKING:
    from mltui.cli.local_server import LocalServer
    from mltui.client import Client

QUESTION = """{runs} going on. Type a letter, then enter:
  l  leave them running; their agents report to the next server
  c  cancel them
  s  stay in the console
> """
CANCEL_WITHIN_S = 30.0
"""Ten seconds of grace, SIGKILL, and the agents' last words."""
PAGE = 500


def add(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Its data is in MLTUI_DATA_DIR, otherwise in the platform's folder for a user's data."
    add_url(parser)
    parser.set_defaults(call=run)


def run(args: argparse.Namespace) -> int:
    from mltui.cli import local_server

    need_terminal()
    args.url = url = _address(args)
    if converse(args, local_server.answers):
        open_console(url)
        return 0
    local_server.stop_on_signals()
    server = local_server.start(url)
    try:
        print("starting the server…", file=sys.stderr)
        converse(args, lambda client: local_server.wait_until_ready(server, client))
        with server.kept():
            while True:
                open_console(url)
                if _may_leave(args):
                    return 0
    finally:
        _stop(server)


def _address(args: argparse.Namespace) -> str:
    """What --url, MLTUI_URL or the config file say; otherwise where the server's own settings put it."""
    from mltui.cli.local_server import own_url
    from mltui.cli.serve import settings_of
    from mltui.config import DEFAULT_URL

    url, settings = url_of(args), settings_of()
    return own_url(settings) if url == DEFAULT_URL and settings.port else url


def _may_leave(args: argparse.Namespace) -> bool:
    """Ask what becomes of live runs; False to go back to the console."""
    try:
        count = converse(args, _count_live)
    except CommandError:
        print("the server does not answer; what runs goes on, and reports to the next one", file=sys.stderr)
        return True
    if not count or not sys.stdin.isatty():
        return True
    runs = f"{counted(count, 'run')} {'is' if count == 1 else 'are'}"
    while True:
        try:
            answer = input(QUESTION.format(runs=runs)).strip().lower()
        except (EOFError, KeyboardInterrupt):
            print("\nleft running", file=sys.stderr)
            return True
        if answer in ("l", "leave", "c", "cancel", "s", "stay"):
            break
    if answer.startswith("c"):
        left = converse(args, _cancel_all)
        print(
            "cancelled" if not left else f"{left} not cancelled yet; their agents go on stopping them", file=sys.stderr
        )
    return not answer.startswith("s")


async def _count_live(client: "Client") -> int:
    from mltui.wire.states import LIVE

    return (await client.runs(status=sorted(LIVE), limit=1)).total or 0


async def _cancel_all(client: "Client") -> int:
    """Cancel what lives and wait for it to end; how many have not within CANCEL_WITHIN_S."""
    from mltui.client import ProblemError
    from mltui.wire.states import LIVE

    page = await client.runs(status=sorted(LIVE), limit=PAGE)
    for run in page.items:
        try:
            await client.cancel_run(run.id, "mltui up was left")
        except ProblemError:
            continue  # It ended meanwhile.
    deadline = asyncio.get_running_loop().time() + CANCEL_WITHIN_S
    while (left := await _count_live(client)) and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.2)
    return left


def _stop(server: "LocalServer") -> None:
    from mltui.cli.local_server import STOP_S

    if server.process.poll() is None and not server.stop():
        print(
            f"mltui: the server (pid {server.process.pid}) did not stop within {STOP_S:g} s; its log: {server.log}",
            file=sys.stderr,
        )
