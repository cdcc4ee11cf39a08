"""/api/v1/metrics."""

from typing import Annotated

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, PathParameter, QueryParameter

from mltui.wire.base import Page
from mltui.wire.metrics import CreateMetric, MetricRow, MetricType, PatchMetric
from mltui_server.lib.pagination import RequestWindow
from mltui_server.lib.principal import RequestPrincipal
from mltui_server.lib.session import RequestSession
from mltui_server.metrics import queries, removal, service

RestoredKey = Annotated[str, PathParameter(description="Its name, of several the one deleted last; or its id")]


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
    async def remove(
        self, session: RequestSession, principal: RequestPrincipal, name: FromPath[str], now: FromQuery[bool] = False
    ) -> None:
        """It can be restored for 24 hours; then, or with `now` at once, its points go too. Its name is free."""
        await removal.remove(session, principal, name, at_once=now)

    @post("/{name:str}/restore", status_code=200)
    async def restore(self, session: RequestSession, principal: RequestPrincipal, name: RestoredKey) -> MetricRow:
        """Bring back what was deleted, as it was. 409 where its name is taken."""
        return await removal.restore(session, principal, name)
