"""/api/v1/metrics/prometheus and /lines: points as other programs write them."""

from collections.abc import Callable
from functools import partial
from typing import Any

from litestar import Controller, Request, post
from litestar.datastructures import State
from litestar.params import FromQuery

from mltui.wire.metrics import AcceptedPoints
from mltui_server.lib.content_type import content_type
from mltui_server.lib.principal import Principal, RequestPrincipal
from mltui_server.metrics.accept_texts import TextDoor
from mltui_server.metrics.exposition import parse_exposition
from mltui_server.metrics.incoming import MAX_BODY_BYTES
from mltui_server.metrics.lines import Precision, parse_lines
from mltui_server.metrics.texts import TextMetric

TEXTS = ("text/plain", "application/openmetrics-text")


class MetricTextController(Controller):
    path = "/metrics"
    tags = ("metrics",)

    @post("/prometheus", status_code=202, request_max_body_size=MAX_BODY_BYTES)
    async def prometheus(
        self, request: Request[Any, Any, State], principal: RequestPrincipal, create: FromQuery[bool] = False
    ) -> AcceptedPoints:
        """Take Prometheus' text, or OpenMetrics, all of it or nothing.

        `create`: make metrics, and label keys, that are missing.
        """
        return await _accept(request, parse_exposition, principal if create else None)

    @post("/lines", status_code=202, request_max_body_size=MAX_BODY_BYTES)
    async def lines(
        self,
        request: Request[Any, Any, State],
        principal: RequestPrincipal,
        create: FromQuery[bool] = False,
        precision: FromQuery[Precision] = "ns",
    ) -> AcceptedPoints:
        """Take InfluxDB's line protocol, all of it or nothing. `precision`: the unit of its times.

        `create`: make metrics, and label keys, that are missing.
        """
        return await _accept(request, partial(parse_lines, precision=precision), principal if create else None)


async def _accept(
    request: Request[Any, Any, State], parse: Callable[[str], list[TextMetric]], principal: Principal | None
) -> AcceptedPoints:
    content_type(request, *TEXTS)
    texts: TextDoor = request.app.state.texts
    return await texts.accept(await request.body(), parse, principal)
