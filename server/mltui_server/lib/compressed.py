"""Bodies of requests that come compressed, as Telegraf and many other clients send them."""

import zlib
from collections.abc import AsyncGenerator

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPReceiveMessage, Receive, Scope, Send

ACCEPTED = ("gzip", "deflate")
EITHER = zlib.MAX_WBITS | 32
"""Both are known by their first bytes."""
PIECE_BYTES = 256 * 1024
"""No more is unpacked before the limit of the body is looked at: a small one may hold terabytes."""


class DecompressMiddleware(ASGIMiddleware):
    """What handlers read is unpacked, and their limits count what is unpacked. 415 for what cannot be."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        encoding = Headers.from_scope(scope).get("content-encoding", "identity").strip().lower()
        if encoding == "identity":
            await next_app(scope, receive, send)
        elif encoding in ACCEPTED:
            await next_app(scope, _unpacked(receive, encoding), send)
        else:
            raise HTTPException(
                f"Content-Encoding {encoding!r} is not taken; compress the body with {' or '.join(ACCEPTED)}, or not",
                status_code=415,
                headers={"Accept-Encoding": ", ".join(ACCEPTED)},
            )


def _unpacked(receive: Receive, encoding: str) -> Receive:
    pieces = _pieces(receive, encoding)

    async def receive_unpacked() -> HTTPReceiveMessage:
        piece = await anext(pieces, None)
        # After the body there is still to hear whether the client has gone.
        return await receive() if piece is None else piece  # type: ignore[return-value] # no WebSocket comes here

    return receive_unpacked


async def _pieces(receive: Receive, encoding: str) -> AsyncGenerator[HTTPReceiveMessage, None]:
    unpacking, begun, more = zlib.decompressobj(EITHER), False, True
    try:
        while more:
            message = await receive()
            if message["type"] != "http.request":
                yield message  # type: ignore[misc]
                return
            packed, more = message["body"], message["more_body"]
            while packed:
                begun = True
                if unpacking.eof:  # several may follow one another, as `cat a.gz b.gz` makes them
                    unpacking = zlib.decompressobj(EITHER)
                yield _piece(unpacking.decompress(packed, PIECE_BYTES))
                packed = unpacking.unconsumed_tail or unpacking.unused_data
        yield _piece(unpacking.flush())
    except zlib.error:
        raise HTTPException(f"the body is not {encoding}, as Content-Encoding says", status_code=400) from None
    if begun and not unpacking.eof:
        raise HTTPException(f"the body ends before its {encoding} does", status_code=400)
    yield _piece(b"", more=False)


def _piece(body: bytes, more: bool = True) -> HTTPReceiveMessage:
    return {"type": "http.request", "body": body, "more_body": more}
