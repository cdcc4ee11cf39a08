"""What a body is written in, by its Content-Type."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler

JSON = "application/json"
MSGPACK = "application/msgpack"
SILENT = ("", "application/x-www-form-urlencoded")
"""These say nothing: the second is what curl sends unless it is told."""


def content_type(connection: ASGIConnection[Any, Any, Any, Any], *taken: str) -> str:
    """The one of `taken` that it is; the first where the client says nothing. Raises HTTPException 415 for others."""
    given = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given in SILENT:
        return taken[0]
    if given not in taken:
        raise HTTPException(f"Content-Type {given!r} is not taken here; send {' or '.join(taken)}", status_code=415)
    return given


def guard_json(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Litestar's own `data` is read as JSON, whatever it is."""
    if "data" in handler.parsed_fn_signature.parameters:
        content_type(connection, JSON)
