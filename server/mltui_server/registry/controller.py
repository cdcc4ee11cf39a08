"""/api/v1/models: models, versions, aliases, stages, approvals, comparison."""

from typing import Annotated

from litestar import Controller, Response, delete, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody, PathParameter
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.base import Page
from mltui.wire.models import (
    Alias,
    ApprovalRow,
    ApprovalStatus,
    Comparison,
    CreateModel,
    CreateVersion,
    Decision,
    ModelName,
    ModelRow,
    ModelStage,
    MoveAlias,
    MoveOutcome,
    MoveStage,
    PatchModel,
    PatchVersion,
    VersionRow,
    VersionStatus,
)
from mltui_server.lib.checked import checked
from mltui_server.lib.ids import parse_id
from mltui_server.lib.pagination import RequestWindow
from mltui_server.lib.principal import RequestPrincipal
from mltui_server.lib.session import RequestSession
from mltui_server.registry import comparison, moves, queries, service, versions
from mltui_server.registry.models import ModelApproval

Name = Annotated[str, PathParameter(description="The model's name")]
Number = Annotated[str, PathParameter(description="The version's number, or an alias as in @champion")]


class ModelController(Controller):
    path = "/models"
    tags = ("models",)

    @get()
    async def index(
        self,
        session: RequestSession,
        window: RequestWindow,
        text: FromQuery[str | None] = None,
        sort: FromQuery[str] = "name",
    ) -> Page[ModelRow]:
        return await queries.list_models(session, window, sort, text)

    @post()
    async def create(
        self, session: RequestSession, principal: RequestPrincipal, data: JSONBody[CreateModel]
    ) -> ModelRow:
        return await queries.model_row(session, (await service.create(session, principal, data)).id)

    @get("/{name:str}")
    async def show(self, session: RequestSession, name: Name) -> ModelRow:
        return await queries.model_row(session, (await service.find(session, name)).id)

    @patch("/{name:str}")
    async def change(
        self, session: RequestSession, principal: RequestPrincipal, name: Name, data: JSONBody[PatchModel]
    ) -> ModelRow:
        return await queries.model_row(session, (await service.patch(session, principal, name, data)).id)

    @delete("/{name:str}")
    async def remove(self, session: RequestSession, principal: RequestPrincipal, name: Name) -> None:
        """409 while it has versions."""
        await service.remove(session, principal, name)

    @put("/{name:str}/aliases/{alias:str}", status_code=200)
    async def move_alias(
        self,
        session: RequestSession,
        principal: RequestPrincipal,
        name: Name,
        alias: Annotated[str, PathParameter(description="As in champion")],
        data: JSONBody[MoveAlias],
    ) -> Response[MoveOutcome]:
        """Have an alias point to another version, or to none. 202: it waits for somebody's approval."""
        return await _outcome(
            session, await moves.move_alias(session, principal, name, checked(alias, Alias, "alias"), data)
        )

    @get("/{name:str}/approvals")
    async def approvals(
        self,
        session: RequestSession,
        window: RequestWindow,
        name: Name,
        status: FromQuery[ApprovalStatus | None] = None,
    ) -> Page[ApprovalRow]:
        """Moves that wait for approval, and what became of earlier ones, newest first."""
        model = await service.find(session, name)
        return await queries.list_approvals(session, model.id, window, status)

    @post("/{name:str}/approvals/{approval_id:str}/approve", status_code=200)
    async def approve(
        self,
        session: RequestSession,
        principal: RequestPrincipal,
        name: Name,
        approval_id: FromPath[str],
        data: JSONBody[Decision],
    ) -> ApprovalRow:
        """Make the move. 409 for one's own."""
        made = await moves.decide(session, principal, name, approval_id, ApprovalStatus.APPROVED, data)
        return await queries.approval_row(session, made.id)

    @post("/{name:str}/approvals/{approval_id:str}/reject", status_code=200)
    async def reject(
        self,
        session: RequestSession,
        principal: RequestPrincipal,
        name: Name,
        approval_id: FromPath[str],
        data: JSONBody[Decision],
    ) -> ApprovalRow:
        made = await moves.decide(session, principal, name, approval_id, ApprovalStatus.REJECTED, data)
        return await queries.approval_row(session, made.id)

    @get("/{name:str}/compare")
    async def compare(
        self, session: RequestSession, name: Name, left: FromQuery[str], right: FromQuery[str]
    ) -> Comparison:
        """Two versions side by side; `left` and `right` are numbers or aliases as in @champion."""
        model = await service.find(session, name)
        one, other = [await service.find_version(session, model, key) for key in (left, right)]
        return await comparison.compare(session, one.id, other.id)


class VersionController(Controller):
    path = "/models/{name:str}/versions"
    tags = ("models",)

    @get()
    async def index(
        self,
        session: RequestSession,
        window: RequestWindow,
        name: Name,
        stage: FromQuery[ModelStage | None] = None,
        status: FromQuery[VersionStatus | None] = None,
        sort: FromQuery[str] = "-version",
    ) -> Page[VersionRow]:
        chosen = queries.VersionFilter(model=(await service.find(session, name)).id, stage=stage, status=status)
        return await queries.list_versions(session, window, sort, chosen)

    @post()
    async def register(
        self, session: RequestSession, principal: RequestPrincipal, name: Name, data: JSONBody[CreateVersion]
    ) -> VersionRow:
        """The model is made on first use. What the run knows is filled in."""
        made = await versions.register(session, principal, checked(name, ModelName, "name"), data)
        return await queries.version_row(session, made.id)

    @get("/{version:str}")
    async def show(self, session: RequestSession, name: Name, version: Number) -> VersionRow:
        found = await service.find_version(session, await service.find(session, name), version)
        return await queries.version_row(session, found.id)

    @patch("/{version:str}")
    async def change(
        self,
        session: RequestSession,
        principal: RequestPrincipal,
        name: Name,
        version: Number,
        data: JSONBody[PatchVersion],
    ) -> VersionRow:
        return await queries.version_row(session, (await versions.patch(session, principal, name, version, data)).id)

    @delete("/{version:str}")
    async def remove(self, session: RequestSession, principal: RequestPrincipal, name: Name, version: Number) -> None:
        """It can be restored. 409 while an alias points to it, or while it is in Staging or Production."""
        await versions.remove(session, principal, name, version)

    @post("/{version:str}/restore", status_code=200)
    async def restore(
        self, session: RequestSession, principal: RequestPrincipal, name: Name, version: Number
    ) -> VersionRow:
        """409 once `mltui gc` removed its content."""
        return await queries.version_row(session, (await versions.restore(session, principal, name, version)).id)

    @post("/{version:str}/stage", status_code=200)
    async def move_stage(
        self,
        session: RequestSession,
        principal: RequestPrincipal,
        name: Name,
        version: Number,
        data: JSONBody[MoveStage],
    ) -> Response[MoveOutcome]:
        """202: it waits for somebody's approval."""
        return await _outcome(session, await moves.move_stage(session, principal, name, version, data))


class CitingVersionController(Controller):
    path = "/model-versions"
    tags = ("models",)

    @get()
    async def index(
        self,
        session: RequestSession,
        window: RequestWindow,
        run: FromQuery[str | None] = None,
        job: FromQuery[str | None] = None,
    ) -> Page[VersionRow]:
        """Versions of all models, newest first: those of a run, or linked to an ingestion job."""
        chosen = queries.VersionFilter(
            run=parse_id("run", run) if run else None, job=parse_id("ingestion job", job) if job else None
        )
        return await queries.list_versions(session, window, "-created_at", chosen)


async def _outcome(session: AsyncSession, waiting: ModelApproval | None) -> Response[MoveOutcome]:
    approval = await queries.approval_row(session, waiting.id) if waiting is not None else None
    return Response(MoveOutcome(approval=approval), status_code=200 if approval is None else 202)
