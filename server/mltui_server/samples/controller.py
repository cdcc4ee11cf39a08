"""Samples over HTTP: in as batches, out as buckets, summaries and CSV."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, delete, get, post
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream

from mltui.wire.samples import Axis, InboxState, RefusedBatch, RefusedTotal, Series, SeriesSummary
from mltui_server.lib.content_type import JSON, MSGPACK, content_type
from mltui_server.lib.http import attachment
from mltui_server.lib.ids import parse_id
from mltui_server.lib.principal import RequestPrincipal
from mltui_server.lib.session import RequestSession
from mltui_server.samples import batch, queries, set_aside
from mltui_server.samples.reading import Question, read_csv, read_series
from mltui_server.samples.refused import Refused
from mltui_server.samples.wanted import while_wanted

From = Annotated[
    float | None, QueryParameter(name="from", description="First point of the axis. Default: the first sample")
]
To = Annotated[float | None, QueryParameter(name="to", description="Last point. Default: the last sample")]
CSV = "text/csv"


class SampleController(Controller):
    path = "/runs/{run_id:str}"
    tags = ("samples",)

    @post("/samples", status_code=202, request_max_body_size=batch.MAX_BODY_BYTES)
    async def accept(self, request: Request[Any, Any, State], run_id: FromPath[str]) -> Response[bytes]:
        """Take a SampleBatch, JSON or msgpack. 202: it is durable. 409: the writer's seq has a gap. 503: come back."""
        run = parse_id("run", run_id)
        packed = batch.read(await request.body(), content_type(request, JSON, MSGPACK))
        accepted = await request.app.state.samples.inbox.put(run, packed)
        return Response(msgspec.json.encode(accepted), media_type="application/json")

    @get("/series")
    async def series(
        self,
        request: Request[Any, Any, State],
        run_id: FromPath[str],
        keys: FromQuery[list[str] | None] = None,
        buckets: FromQuery[int] = 200,
        x: FromQuery[Axis] = "step",
        low: From = None,
        high: To = None,
    ) -> Series:
        """Exact buckets. `keys`: several with commas or repeated; a trailing `*` means every key that begins so."""
        state = request.app.state
        question = Question(parse_id("run", run_id), _several(keys), x, low, high)
        return await while_wanted(request, read_series(state.database, state.samples.store, question, buckets))

    @get("/series/keys")
    async def summaries(self, session: RequestSession, run_id: FromPath[str]) -> list[SeriesSummary]:
        """Every series of the run with its last value, extremes and counts."""
        run = parse_id("run", run_id)
        await queries.run_clock(session, run)
        return await queries.summaries(session, run)

    @get("/series.csv")
    async def export(
        self,
        request: Request[Any, Any, State],
        run_id: FromPath[str],
        keys: FromQuery[list[str] | None] = None,
        x: FromQuery[Axis] = "time",
        low: From = None,
        high: To = None,
    ) -> Stream:
        """Every sample: key, step, time with nanoseconds, value. Ordered by the axis within a key.

        On the step axis, samples without a step are left out.
        """
        question = Question(parse_id("run", run_id), _several(keys), x, low, high)
        state = request.app.state
        lines = await while_wanted(request, read_csv(state.database, state.samples.store, question))
        return Stream(lines, media_type=CSV, headers={"Content-Disposition": attachment(f"{run_id}.csv")})


class InboxController(Controller):
    path = "/samples"
    tags = ("samples",)

    @get("/inbox")
    async def waiting(self, state: State) -> InboxState:
        """What is durable and cannot be read yet: how much, for how long, and why."""
        waiting: InboxState = state.samples.waiting()
        return waiting

    @get("/refused")
    async def refused(self, session: RequestSession, limit: FromQuery[int] = 100) -> list[RefusedBatch]:
        """What the sample store refused, newest first."""
        return await set_aside.newest(session, limit)

    @get("/refused/total")
    async def refused_total(self, state: State) -> RefusedTotal:
        """How much that is."""
        refused: Refused = state.refused
        return await refused.total()

    @post("/refused/retry", status_code=200)
    async def retry(self, session: RequestSession, principal: RequestPrincipal) -> RefusedTotal:
        """Put all of it back into the inbox; what is refused again comes back."""
        return await set_aside.retry(session, principal)

    @delete("/refused", status_code=200)
    async def forget(self, session: RequestSession, principal: RequestPrincipal) -> RefusedTotal:
        """Delete all of it, for good."""
        return await set_aside.forget(session, principal)


def _several(keys: Sequence[str] | None) -> list[str]:
    return [key for part in keys or () for key in part.split(",") if key]
