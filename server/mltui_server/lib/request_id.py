"""A request id for every request: taken from X-Request-Id or made, logged, returned, and kept on events."""

import re
import time
from typing import Any

import structlog
import uuid_utils
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-Id"
ACCEPTABLE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
access_log = structlog.get_logger("mltui.access")


class RequestIdMiddleware(ASGIMiddleware):
    """Bodies are never logged: they hold people's parameters and secrets."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        given = dict(scope["headers"]).get(HEADER.lower().encode(), b"").decode("latin-1")
        request_id = given if ACCEPTABLE.fullmatch(given) else uuid_utils.uuid7().hex
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableScopeHeaders.from_message(message)[HEADER] = request_id
            await send(message)

        try:
            await next_app(scope, receive, send_with_id)
        finally:
            _log(scope, status, time.perf_counter() - started)
            structlog.contextvars.unbind_contextvars("request_id")


def _log(scope: Any, status: int, seconds: float) -> None:
    # Heartbeats and samples come every second from every agent: as debug, or the log is nothing else.
    level = "info" if scope["method"] != "GET" and status >= 400 else "debug"
    getattr(access_log, level)(
        "request", method=scope["method"], path=scope["path"], status=status, ms=round(seconds * 1000, 1)
    )
