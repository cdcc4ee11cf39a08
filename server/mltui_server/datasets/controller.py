"""/api/v1/datasets, and those that a run read."""

from typing import Annotated

from litestar import Controller, delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody, PathParameter

from mltui.wire.base import Page
from mltui.wire.datasets import AddInput, CreateDataset, DatasetDetail, DatasetRow, RunInputRow
from mltui_server.artifacts import deletion
from mltui_server.datasets import queries, service
from mltui_server.lib.ids import parse_id
from mltui_server.lib.pagination import RequestWindow
from mltui_server.lib.principal import RequestPrincipal
from mltui_server.lib.session import RequestSession
from mltui_server.runs import service as runs

Key = Annotated[str, PathParameter(description="The dataset's id or name; of several of that name, the newest")]


class DatasetController(Controller):
    path = "/datasets"
    tags = ("datasets",)

    @get()
    async def index(
        self,
        session: RequestSession,
        window: RequestWindow,
        run: FromQuery[str | None] = None,
        name: FromQuery[str | None] = None,
        text: FromQuery[str | None] = None,
        sort: FromQuery[str] = "-created_at",
    ) -> Page[DatasetRow]:
        """Datasets that are not deleted; with `run`, those that the run made."""
        chosen = queries.DatasetFilter(run=parse_id("run", run) if run else None, name=name, text=text)
        return await queries.list_datasets(session, window, sort, chosen)

    @post()
    async def register(
        self, session: RequestSession, principal: RequestPrincipal, data: JSONBody[CreateDataset]
    ) -> DatasetDetail:
        """Make an artifact that is a table known as a dataset. Sent again, it is the same one."""
        dataset = await service.register(session, principal, data)
        return await queries.dataset_detail(session, dataset.id)

    @get("/{key:str}")
    async def show(self, session: RequestSession, key: Key) -> DatasetDetail:
        """With its schema and profile. Of one that was deleted, which its id still shows, `is_active` is false."""
        return await queries.dataset_detail(session, (await service.find(session, key)).id)

    @delete("/{key:str}")
    async def remove(self, session: RequestSession, principal: RequestPrincipal, key: Key) -> None:
        """With its artifact: it can be restored until `mltui gc` removes its content. 409 where a version of a model
        cites it.
        """
        dataset = await service.find(session, key)
        await deletion.remove(session, principal, str(dataset.artifact_id))

    @post("/{dataset_id:str}/restore", status_code=200)
    async def restore(
        self, session: RequestSession, principal: RequestPrincipal, dataset_id: FromPath[str]
    ) -> DatasetDetail:
        """Bring back what was deleted, by its id: its artifact. 409 where that has lost its name or its content."""
        dataset = await service.find(session, str(parse_id("dataset", dataset_id)))
        await deletion.restore(session, principal, str(dataset.artifact_id))
        return await queries.dataset_detail(session, dataset.id)


class RunInputController(Controller):
    path = "/runs/{run_id:str}/inputs"
    tags = ("datasets",)

    @get()
    async def index(self, session: RequestSession, run_id: FromPath[str]) -> list[RunInputRow]:
        return await queries.inputs_of(session, (await runs.find(session, run_id)).id)

    @post()
    async def add(
        self, session: RequestSession, principal: RequestPrincipal, run_id: FromPath[str], data: JSONBody[AddInput]
    ) -> list[RunInputRow]:
        """Note that the run read a dataset. The answer is all that it read."""
        return await queries.inputs_of(session, await service.add_input(session, principal, run_id, data))
