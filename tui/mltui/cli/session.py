"""One conversation with the server: how a command finds it, talks to it, and explains that it could not."""

import argparse
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from mltui.client import Client

T = TypeVar("T")


class CommandError(Exception):
    """Why a command cannot do what it was asked: one line for stderr, and the exit code."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


def add_url(parser: argparse.ArgumentParser) -> None:
    # Suppressed, so that it does not undo a --url in front of the command.
    parser.add_argument("--url", default=argparse.SUPPRESS, help="the server; otherwise MLTUI_URL or the config file")


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print what the server answered, as JSON")


def url_of(args: argparse.Namespace) -> str:
    """The server's address. Raises CommandError."""
    from mltui.config import ConfigError, server_url

    try:
        return server_url(getattr(args, "url", None))
    except ConfigError as error:
        raise CommandError(str(error), 2) from None


def converse(args: argparse.Namespace, talk: Callable[["Client"], Awaitable[T]]) -> T:
    """What `talk` returns, given a client. Raises CommandError for everything the server or the network refuses."""
    import asyncio

    from mltui.client import Client, ProblemError, Unreachable
    from mltui.naming import NoneSuch

    async def conversation() -> T:
        async with Client(url) as client:
            return await talk(client)

    url = url_of(args)
    try:
        return asyncio.run(conversation())
    except (ProblemError, Unreachable) as error:
        raise CommandError(str(error)) from None
    except NoneSuch as error:
        raise CommandError(str(error)) from None
