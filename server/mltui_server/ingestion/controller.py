"""/api/v1/ingestion-jobs."""

from litestar import Controller, delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from mltui.wire.base import Page
from mltui.wire.ingestion import (
    ActOnJobs,
    CompleteJob,
    CreateJob,
    FailJob,
    JobAnswer,
    JobDetail,
    JobReason,
    JobRow,
    Progress,
    Runner,
)
from mltui.wire.states import Status
from mltui_server.ingestion import queries, removal, service, several
from mltui_server.ingestion.queries import job_detail, job_row
from mltui_server.lib.errors import Invalid
from mltui_server.lib.ids import parse_id
from mltui_server.lib.pagination import RequestWindow
from mltui_server.lib.principal import RequestPrincipal
from mltui_server.lib.session import RequestSession


class IngestionController(Controller):
    path = "/ingestion-jobs"
    tags = ("ingestion",)

    @get()
    async def index(
        self,
        session: RequestSession,
        window: RequestWindow,
        status: FromQuery[str | None] = None,
        runner: FromQuery[Runner | None] = None,
        run: FromQuery[str | None] = None,
        dataset: FromQuery[str | None] = None,
        text: FromQuery[str | None] = None,
        ids: FromQuery[str | None] = None,
        sort: FromQuery[str] = "-created_at",
    ) -> Page[JobRow]:
        """Jobs. `status` and `ids` take several, with commas."""
        chosen = queries.JobFilter(
            status=[_status(word) for word in _several(status)],
            runner=runner,
            run=parse_id("run", run) if run else None,
            dataset=parse_id("dataset", dataset) if dataset else None,
            text=text,
            ids=[parse_id("ingestion job", id_) for id_ in _several(ids)],
        )
        return await queries.list_jobs(session, window, sort, chosen)

    @post()
    async def add(self, session: RequestSession, principal: RequestPrincipal, data: JSONBody[CreateJob]) -> JobRow:
        """A pending job, or with `start` one that begins at once."""
        return job_row(await service.add(session, principal, data))

    @post("/actions", status_code=200)
    async def act(
        self, session: RequestSession, principal: RequestPrincipal, data: JSONBody[ActOnJobs]
    ) -> list[JobAnswer]:
        """The same for several jobs; each answer is the job, or the problem with it."""
        return await several.act_on(session, principal, data)

    @get("/{job_id:str}")
    async def show(self, session: RequestSession, job_id: FromPath[str]) -> JobDetail:
        """With the models linked to it, or trained on its dataset."""
        return await job_detail(session, await service.find(session, job_id))

    @delete("/{job_id:str}")
    async def remove(self, session: RequestSession, principal: RequestPrincipal, job_id: FromPath[str]) -> None:
        """It can be restored; its runs and its dataset stay. 409 while it is live."""
        await removal.remove(session, principal, job_id)

    @post("/{job_id:str}/restore", status_code=200)
    async def restore(self, session: RequestSession, principal: RequestPrincipal, job_id: FromPath[str]) -> JobRow:
        """Bring back what was deleted, as it was."""
        return job_row(await removal.restore(session, principal, job_id))

    @post("/{job_id:str}/start", status_code=200)
    async def start(
        self,
        session: RequestSession,
        principal: RequestPrincipal,
        job_id: FromPath[str],
        data: JSONBody[JobReason | None] = None,
    ) -> JobRow:
        """A run reads the source; of a job that runs outside: it has been started."""
        return job_row(await service.start(session, principal, job_id, _reason(data)))

    @post("/{job_id:str}/progress", status_code=200)
    async def progress(self, session: RequestSession, job_id: FromPath[str], data: JSONBody[Progress]) -> JobRow:
        """How far it is; never back."""
        return job_row(await service.progress(session, job_id, data))

    @post("/{job_id:str}/complete", status_code=200)
    async def complete(
        self, session: RequestSession, principal: RequestPrincipal, job_id: FromPath[str], data: JSONBody[CompleteJob]
    ) -> JobRow:
        """Of a job that runs outside, with a reason. A job that an agent does is completed by its run."""
        return job_row(await service.complete(session, principal, job_id, data))

    @post("/{job_id:str}/fail", status_code=200)
    async def fail(
        self, session: RequestSession, principal: RequestPrincipal, job_id: FromPath[str], data: JSONBody[FailJob]
    ) -> JobRow:
        """Of a job that runs outside, with a reason. A job that an agent does is failed by its run."""
        return job_row(await service.fail(session, principal, job_id, data))

    @post("/{job_id:str}/cancel", status_code=200)
    async def cancel(
        self,
        session: RequestSession,
        principal: RequestPrincipal,
        job_id: FromPath[str],
        data: JSONBody[JobReason | None] = None,
    ) -> JobRow:
        """Its run is stopped: SIGTERM, grace, SIGKILL."""
        return job_row(await service.cancel(session, principal, job_id, _reason(data)))

    @post("/{job_id:str}/retry", status_code=200)
    async def retry(
        self,
        session: RequestSession,
        principal: RequestPrincipal,
        job_id: FromPath[str],
        data: JSONBody[JobReason | None] = None,
    ) -> JobRow:
        """A further attempt of one that failed or was cancelled, from the start."""
        return job_row(await service.retry(session, principal, job_id, _reason(data)))


def _reason(data: JobReason | None) -> str:
    return data.reason if data else ""


def _several(text: str | None) -> list[str]:
    return [part for part in (text or "").split(",") if part]


def _status(text: str) -> Status:
    try:
        return Status(text)
    except ValueError:
        raise Invalid(f"unknown status {text!r}; the statuses are {', '.join(Status)}") from None
