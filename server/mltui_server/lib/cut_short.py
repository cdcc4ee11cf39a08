"""Answers that break off after they began: the client sees that they did, and the log says why, in one line."""

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from mltui_server.lib.problems import problem_of

logger = structlog.get_logger(__name__)

UNFINISHED = "ASGI callable returned without completing response."
"""What uvicorn says of such an answer, too."""


def with_cut_short(app: ASGIApp) -> ASGIApp:
    """`app`, whose answers are left without an end where what they are made of fails: the connection is then closed.

    A file that looked whole would be worse than none.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def send_on(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await app(scope, receive, send_on)
        except Exception as error:
            if not begun or scope["type"] != ScopeType.HTTP:
                raise
            _log(scope, _cause(error))

    return answer


def _log(scope: Scope, error: Exception) -> None:
    problem, _ = problem_of(error, {})
    request_id = scope.get("state", {}).get("request_id")
    unexpected = error if problem.status == 500 else None
    logger.error("answer cut short", path=scope["path"], reason=problem.detail, request_id=request_id,
                 exc_info=unexpected)  # fmt: skip


def _cause(error: Exception) -> Exception:
    """What it began with, out of the wrappings of task groups and of the framework."""
    while True:
        inner = error.exceptions[0] if isinstance(error, ExceptionGroup) else error.__cause__
        if not isinstance(inner, Exception):
            return error
        error = inner
