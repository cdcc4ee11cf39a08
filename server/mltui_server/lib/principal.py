"""Who asks. Every service call gets a Principal and every event has an actor."""

import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from litestar import Request
from litestar.di import NamedDependency

from mltui.wire.users import USER_HEADER
from mltui_server.lib.errors import Invalid

MAX_NAME = 100
ANONYMOUS = "anonymous"
"""Whoever does not say who they are."""


@dataclass(frozen=True)
class Principal:
    """Until there are accounts, the name is what the client says it is; the server listens on loopback only."""

    name: str
    request_id: str | None = None

    @property
    def is_anonymous(self) -> bool:
        return self.name.casefold() == ANONYMOUS


RequestPrincipal = NamedDependency[Principal]
"""A handler's `principal` parameter."""

SYSTEM = Principal("mltui")
"""The server itself: the scheduler, the reaper."""


async def provide_principal(request: Request[Any, Any, Any]) -> Principal:
    """The request's principal, from the X-Mltui-User header. Raises Invalid for a name that is no line of text."""
    name = _text(request.headers.get(USER_HEADER, "")).strip()[:MAX_NAME]
    if not name.isprintable():
        raise Invalid(f"{USER_HEADER}: {name!r} is no name; leave out control characters, tabs and special blanks")
    return Principal(name or ANONYMOUS, request.scope.get("state", {}).get("request_id"))


def _text(header: str) -> str:
    """What clients mean: UTF-8, though HTTP reads headers as Latin-1; letters composed, so that a name is one name."""
    with suppress(UnicodeError):  # it may be Latin-1 indeed
        header = header.encode("latin-1").decode()
    return unicodedata.normalize("NFC", header)
