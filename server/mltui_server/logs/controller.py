"""/api/v1/executions/{id}/log."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream

from mltui.wire.logs import MAX_CHUNK_BYTES, LogMatches, LogPage
from mltui_server.lib.ids import parse_id
from mltui_server.logs.chunks import store_chunk
from mltui_server.logs.reading import RawStream, read_page, read_raw, read_tail
from mltui_server.logs.search import Pattern, search

From = Annotated[int, QueryParameter(name="from", description="The first line, from 0")]

To = Annotated[int | None, QueryParameter(name="to", description="The line before which to end; otherwise the last")]


class LogController(Controller):
    path = "/executions/{execution_id:str}/log"
    tags = ("logs",)

    @post(status_code=204, request_max_body_size=None)
    async def accept(self, request: Request[Any, Any, State], execution_id: FromPath[str]) -> None:
        """Take a LogChunk, msgpack. 204: it is durable. 409: a chunk before it is missing. 413: it is too large."""
        body = await _bounded_body(request)
        await store_chunk(request.app.state.logs.pool, parse_id("execution", execution_id), body)

    @get()
    async def page(
        self,
        state: State,
        execution_id: FromPath[str],
        first: From = 0,
        count: FromQuery[int] = 1_000,
        tail: FromQuery[int | None] = None,
    ) -> LogPage:
        """Lines [from, from + count), or the last `tail` ones; 5,000 at most, and fewer where they are very long."""
        key = parse_id("execution", execution_id)
        if tail is not None:
            return await read_tail(state.logs, key, tail)
        return await read_page(state.logs, key, first, count)

    @get("/search")
    async def search(
        self,
        state: State,
        execution_id: FromPath[str],
        q: FromQuery[str],
        regex: FromQuery[bool] = False,
        case: FromQuery[bool] = False,
        first: From = 0,
        limit: FromQuery[int] = 500,
    ) -> LogMatches:
        """Lines that contain `q`, or match it as a regular expression (RE2 syntax). A call searches for about half a
        second; `next` says where to go on.
        """
        return await search(state.logs, parse_id("execution", execution_id), Pattern(q, regex, case), first, limit)

    @get("/raw")
    async def raw(
        self,
        state: State,
        execution_id: FromPath[str],
        stream: FromQuery[RawStream] = "all",
        first: From = 0,
        end: To = None,
    ) -> Stream:
        """The exact bytes that the command wrote to stdout, stderr or both, without the agent's remarks."""
        pieces = await read_raw(state.logs, parse_id("execution", execution_id), stream, first, end)
        return Stream(pieces, media_type="application/octet-stream")


async def _bounded_body(request: Request[Any, Any, State]) -> bytes:
    """The body. The framework's own limit does not say what the limit is."""
    body = bytearray()
    pieces: AsyncIterator[bytes] = request.stream()
    async for piece in pieces:
        body += piece
        if len(body) > MAX_CHUNK_BYTES:
            raise HTTPException(status_code=413, detail=f"a log chunk has at most {MAX_CHUNK_BYTES} bytes")
    return bytes(body)
