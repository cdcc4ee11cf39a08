"""/api/v1/pipelines."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, delete, get, post, put
from litestar.params import FromQuery, JSONBody, PathParameter

from mltui.wire.base import Page
from mltui.wire.pipelines import PipelineDetail, PipelineRow, PipelineSpec, StartRun
from mltui.wire.runs import RunDetail, TriggerType
from mltui_server.lib.pagination import RequestWindow
from mltui_server.lib.principal import RequestPrincipal
from mltui_server.lib.session import RequestSession
from mltui_server.pipelines import queries, service
from mltui_server.runs import service as runs

Key = Annotated[str, PathParameter(description="The pipeline's id or name")]


class PipelineController(Controller):
    path = "/pipelines"
    tags = ("pipelines",)

    @get()
    async def index(
        self,
        session: RequestSession,
        window: RequestWindow,
        text: FromQuery[str | None] = None,
        sort: FromQuery[str] = "name",
    ) -> Page[PipelineRow]:
        """Pipelines, with the state of each one's latest run."""
        return await queries.list_pipelines(session, window, sort, text)

    @post()
    async def create(
        self, session: RequestSession, principal: RequestPrincipal, data: JSONBody[PipelineSpec]
    ) -> PipelineDetail:
        return await service.create(session, principal, data)

    @get("/schema.json", media_type="application/schema+json")
    async def schema(self) -> Response[bytes]:
        """The JSON schema of a pipeline file."""
        schema: dict[str, Any] = msgspec.json.schema(PipelineSpec)
        return Response(msgspec.json.encode(schema), media_type="application/schema+json")

    @get("/{key:str}")
    async def show(self, session: RequestSession, key: Key) -> PipelineDetail:
        return await queries.pipeline_detail(session, (await service.find(session, key)).id)

    @put("/{key:str}")
    async def replace(
        self, session: RequestSession, principal: RequestPrincipal, key: Key, data: JSONBody[PipelineSpec]
    ) -> PipelineDetail:
        return await service.replace(session, principal, key, data)

    @delete("/{key:str}")
    async def remove(self, session: RequestSession, principal: RequestPrincipal, key: Key) -> None:
        """Its history stays, and it can be restored. 409 while one of its runs is live."""
        await service.remove(session, principal, key)

    @post("/{key:str}/restore", status_code=200)
    async def restore(self, session: RequestSession, principal: RequestPrincipal, key: Key) -> PipelineDetail:
        """Bring back what was deleted, by its id or name. 409 where another has its name by now."""
        return await service.restore(session, principal, key)

    @post("/{key:str}/runs")
    async def start(
        self,
        session: RequestSession,
        principal: RequestPrincipal,
        request: Request[Any, Any, Any],
        key: Key,
        data: JSONBody[StartRun | None] = None,
    ) -> RunDetail:
        """Queue a run; it starts when one of MAX_CONCURRENT_PIPELINES places is free."""
        pipeline = await service.find(session, key)
        # Our own clients are people at a console or a shell; everything else is a program.
        ours = request.headers.get("User-Agent", "").startswith("mltui/")
        return await runs.start(
            session, principal, pipeline, data or StartRun(), TriggerType.MANUAL if ours else TriggerType.API
        )
