"""/api/v1/metrics/{name}/data and /labels: points in, and out by bucket, by page or as a file."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream

from mltui.wire.base import Page
from mltui.wire.metrics import AcceptedPoints, LabelValues, MetricData, MetricPoint, MetricType
from mltui_server.lib.content_type import JSON, MSGPACK, content_type
from mltui_server.lib.errors import Invalid
from mltui_server.lib.http import attachment
from mltui_server.lib.parameters import OPEN
from mltui_server.lib.session import RequestSession
from mltui_server.metrics.asked import PARAMETERS, refuse_idle
from mltui_server.metrics.export import MEDIA_TYPES, Format, export
from mltui_server.metrics.incoming import MAX_BODY_BYTES, accept_batch, accept_point
from mltui_server.metrics.raw import Order, read_page
from mltui_server.metrics.reading import QUANTILES, read_buckets
from mltui_server.metrics.selecting import label_values, select_points
from mltui_server.samples.wanted import while_wanted

Accepted = {202: ResponseSpec(AcceptedPoints, description="Durable")}

Start = Annotated[
    str | None,
    QueryParameter(
        name="start_time", description="ISO 8601, or relative as -6h. Default: the first point of the label sets"
    ),
]
End = Annotated[
    str | None,
    QueryParameter(name="end_time", description="The same. Default: now, or the last point where that is later"),
]

FileFormat = Annotated[
    Format | None, QueryParameter(name="format", description="All points of the range as a file, streamed")
]


class MetricDataController(Controller):
    path = "/metrics/{name:str}"
    tags = ("metrics",)

    @post("/data", status_code=202, request_max_body_size=MAX_BODY_BYTES, responses=Accepted)
    async def accept(self, request: Request[Any, Any, State], name: FromPath[str]) -> Response[bytes]:
        """Take a DataPoint, JSON or msgpack. 202: it is durable. 503: come back."""
        kind = content_type(request, JSON, MSGPACK)
        return _json(await accept_point(request.app.state.points, name, await request.body(), kind))

    @post("/data/batch", status_code=202, request_max_body_size=MAX_BODY_BYTES, responses=Accepted)
    async def accept_batch(self, request: Request[Any, Any, State], name: FromPath[str]) -> Response[bytes]:
        """Take a DataBatch, all of it or nothing."""
        kind = content_type(request, JSON, MSGPACK)
        return _json(await accept_batch(request.app.state.points, name, await request.body(), kind))

    @get(
        "/data",
        opt={OPEN: True},
        responses={200: ResponseSpec(MetricData | Page[MetricPoint], description="Buckets, or points")},
    )
    async def show(
        self,
        request: Request[Any, Any, State],
        name: FromPath[str],
        start_time: Start = None,
        end_time: End = None,
        buckets: FromQuery[int | None] = None,
        quantiles: FromQuery[str] = QUANTILES,
        limit: FromQuery[int] = 1_000,
        cursor: FromQuery[str | None] = None,
        order: FromQuery[Order] = "asc",
        format_: FileFormat = None,
    ) -> Response[bytes] | Stream:
        """With `buckets`: GaugeData, EnumData or HistogramData. With `format`: all points. Else a page of points.

        Any other parameter filters by a label: `region=eu`, several times for any of several values;
        `label.limit=eu` where the label is named as a parameter.
        """
        refuse_idle(request.query_params)
        state = request.app.state
        async with state.database.session() as session:
            query = request.query_params.multi_items()
            selection = await select_points(session, name, query, PARAMETERS, start_time, end_time)
        if "quantiles" in request.query_params and selection.type is not MetricType.HISTOGRAM:
            raise Invalid(f"quantiles are of a histogram, and {name!r} is of type {selection.type}; leave them out")
        store = state.samples.store.points
        if format_ is not None:
            pieces = await while_wanted(request, export(store, selection, format_))
            headers = {"Content-Disposition": attachment(f"{name}.{format_}")}
            return Stream(pieces, media_type=MEDIA_TYPES[format_], headers=headers)
        if buckets is not None:
            return _json(await while_wanted(request, read_buckets(store, selection, buckets, quantiles)))
        return _json(await while_wanted(request, read_page(store, selection, limit, cursor, order)))

    @get("/labels", opt={OPEN: True})
    async def labels(
        self, request: Request[Any, Any, State], session: RequestSession, name: FromPath[str]
    ) -> list[LabelValues]:
        """What each label may be filtered by, after the filters of the other labels."""
        return await label_values(session, name, request.query_params.multi_items())


def _json(answer: Any) -> Response[bytes]:
    return Response(msgspec.json.encode(answer), media_type="application/json")
