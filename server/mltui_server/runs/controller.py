"""/api/v1/runs."""

from datetime import datetime

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from mltui.wire.base import Page
from mltui.wire.runs import (
    CancelRun,
    CreateRun,
    FinishRun,
    Footprint,
    PatchRun,
    RecordRun,
    RetryRun,
    RunDetail,
    RunRow,
    TriggerType,
)
from mltui.wire.states import Status
from mltui_server.lib.errors import Invalid
from mltui_server.lib.pagination import RequestWindow
from mltui_server.lib.principal import RequestPrincipal
from mltui_server.lib.session import RequestSession
from mltui_server.runs import cancel, queries, removal, retry, service


class RunController(Controller):
    path = "/runs"
    tags = ("runs",)

    @get()
    async def index(
        self,
        session: RequestSession,
        window: RequestWindow,
        status: FromQuery[str | None] = None,
        pipeline: FromQuery[str | None] = None,
        trigger: FromQuery[TriggerType | None] = None,
        environment: FromQuery[str | None] = None,
        tag: FromQuery[list[str] | None] = None,
        since: FromQuery[datetime | None] = None,
        until: FromQuery[datetime | None] = None,
        text: FromQuery[str | None] = None,
        name: FromQuery[str | None] = None,
        ids: FromQuery[str | None] = None,
        metrics: FromQuery[str | None] = None,
        sort: FromQuery[str] = "-created_at",
    ) -> Page[RunRow]:
        """Runs. `text` is part of a name, an id, notes or an error, `name` a whole name. `status`, `ids` and `metrics`
        take several, with commas; `sort` any column, `metric:KEY` or `parameter:NAME`, with `-` in front for
        descending.
        """
        chosen = queries.RunFilter(
            status=[_status(text) for text in _several(status)],
            pipeline=pipeline,
            trigger=trigger,
            environment=environment,
            tags=tag or (),
            since=since,
            until=until,
            text=text,
            name=name,
            ids=_several(ids),
        )
        return await queries.list_runs(session, window, sort, chosen, _several(metrics))

    @get("/footprint")
    async def footprint(self, session: RequestSession, ids: FromQuery[str]) -> Footprint:
        """How much is kept of these runs, several with commas: what would go with them."""
        return await queries.footprint(session, _several(ids))

    @post()
    async def register(
        self, session: RequestSession, principal: RequestPrincipal, data: JSONBody[CreateRun]
    ) -> RunDetail:
        """Track a run from outside. Sent again with the same id, it is the same run."""
        run = await service.register(session, principal, data)
        return await queries.run_detail(session, run.id)

    @get("/{run_id:str}")
    async def show(self, session: RequestSession, run_id: FromPath[str]) -> RunDetail:
        return await queries.run_detail(session, (await service.find(session, run_id)).id)

    @patch("/{run_id:str}")
    async def change(
        self, session: RequestSession, principal: RequestPrincipal, run_id: FromPath[str], data: JSONBody[PatchRun]
    ) -> RunDetail:
        return await service.patch(session, principal, run_id, data)

    @delete("/{run_id:str}")
    async def remove(
        self, session: RequestSession, principal: RequestPrincipal, run_id: FromPath[str], now: FromQuery[bool] = False
    ) -> None:
        """It can be restored for 24 hours; then, or with `now` at once, its samples and logs go too. 409 while it is
        live.
        """
        await removal.remove(session, principal, run_id, at_once=now)

    @post("/{run_id:str}/restore", status_code=200)
    async def restore(self, session: RequestSession, principal: RequestPrincipal, run_id: FromPath[str]) -> RunDetail:
        """Bring back what was deleted, as it was."""
        return await removal.restore(session, principal, run_id)

    @post("/{run_id:str}/cancel", status_code=200)
    async def cancel(
        self,
        session: RequestSession,
        principal: RequestPrincipal,
        run_id: FromPath[str],
        data: JSONBody[CancelRun | None] = None,
    ) -> RunDetail:
        """SIGTERM to the process tree of what runs, grace, SIGKILL; what waits is cancelled at once."""
        return await cancel.cancel(session, principal, run_id, data.reason if data else "")

    @post("/{run_id:str}/retry")
    async def retry(
        self,
        session: RequestSession,
        principal: RequestPrincipal,
        run_id: FromPath[str],
        data: JSONBody[RetryRun | None] = None,
    ) -> RunDetail:
        """A new run that takes over the results of completed stages."""
        return await retry.retry(session, principal, run_id, data or RetryRun())

    @post("/{run_id:str}/record", status_code=200)
    async def record(
        self, session: RequestSession, principal: RequestPrincipal, run_id: FromPath[str], data: JSONBody[RecordRun]
    ) -> RunDetail:
        """Parameters, tags and results that the running program reports."""
        return await service.record(session, principal, run_id, data)

    @post("/{run_id:str}/finish", status_code=200)
    async def finish(
        self, session: RequestSession, principal: RequestPrincipal, run_id: FromPath[str], data: JSONBody[FinishRun]
    ) -> RunDetail:
        return await service.finish(session, principal, run_id, data)


def _several(text: str | None) -> list[str]:
    return [part for part in (text or "").split(",") if part]


def _status(text: str) -> Status:
    try:
        return Status(text)
    except ValueError:
        raise Invalid(f"unknown status {text!r}; the statuses are {', '.join(Status)}") from None
