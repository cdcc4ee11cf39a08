"""/api/v1/metrics."""

from typing import Annotated

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from mltui.wire.base import Page
from mltui.wire.metrics import CreateMetric, MetricRow, MetricType, PatchMetric
from mltui_server.lib.pagination import RequestWindow
from mltui_server.lib.principal import RequestPrincipal
from mltui_server.lib.session import RequestSession
from mltui_server.metrics import queries, service


class MetricController(Controller):
    path = "/metrics"
    tags = ("metrics",)

    @get()
    async def index(
        self,
        session: RequestSession,
        window: RequestWindow,
        text: FromQuery[str | None] = None,
        type_: Annotated[MetricType | None, QueryParameter(name="type")] = None,
        sort: FromQuery[str] = "name",
    ) -> Page[MetricRow]:
        """Metrics whose name or description has `text` in it."""
        return await queries.list_metrics(session, window, sort, text, type_)

    @post()
    async def create(
        self, session: RequestSession, principal: RequestPrincipal, data: JSONBody[CreateMetric]
    ) -> MetricRow:
        """409 when a metric has that name."""
        return await service.create(session, principal, data)

    @get("/{name:str}")
    async def show(self, session: RequestSession, name: FromPath[str]) -> MetricRow:
        return await queries.metric_row(session, (await service.find(session, name)).id)

    @patch("/{name:str}")
    async def change(
        self, session: RequestSession, principal: RequestPrincipal, name: FromPath[str], data: JSONBody[PatchMetric]
    ) -> MetricRow:
        """Type and label keys stay: make another metric for others."""
        return await service.patch(session, principal, name, data)

    @delete("/{name:str}")
    async def remove(self, session: RequestSession, principal: RequestPrincipal, name: FromPath[str]) -> None:
        await service.remove(session, principal, name)
