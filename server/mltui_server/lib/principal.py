"""Who asks. Every service call gets a Principal and every event has an actor."""

from dataclasses import dataclass
from typing import Any

from litestar import Request
from litestar.di import NamedDependency

HEADER = "X-Mltui-User"
MAX_NAME = 100


@dataclass(frozen=True)
class Principal:
    """Until there are accounts, the name is what the client says it is; the server listens on loopback only."""

    name: str
    request_id: str | None = None


RequestPrincipal = NamedDependency[Principal]
"""A handler's `principal` parameter."""

SYSTEM = Principal("mltui")
"""The server itself: the scheduler, the reaper."""


async def provide_principal(request: Request[Any, Any, Any]) -> Principal:
    """The request's principal, from the X-Mltui-User header."""
    name = request.headers.get(HEADER, "").strip()[:MAX_NAME]
    return Principal(name or "anonymous", request.scope.get("state", {}).get("request_id"))
