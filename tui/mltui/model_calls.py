"""The client's calls about registered models, and about lineage."""

from mltui.transport import Query, Transport, path_part
from mltui.wire.base import Page
from mltui.wire.lineage import Direction, Lineage
from mltui.wire.models import (
    ApprovalRow,
    Comparison,
    CreateModel,
    CreateVersion,
    Decision,
    ModelRow,
    MoveAlias,
    MoveOutcome,
    MoveStage,
    PatchModel,
    PatchVersion,
    VersionRow,
)


class ModelCalls(Transport):
    """`version` is a number as text, or an alias as in `@champion`."""

    async def models(
        self,
        *,
        text: str | None = None,
        sort: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        offset: int | None = None,
    ) -> Page[ModelRow]:
        query: Query = {"text": text, "sort": sort, "limit": limit, "cursor": cursor, "offset": offset}
        return await self._call(Page[ModelRow], "GET", "/models", query=query)

    async def model(self, name: str) -> ModelRow:
        return await self._call(ModelRow, "GET", f"/models/{path_part(name)}")

    async def create_model(self, model: CreateModel) -> ModelRow:
        return await self._call(ModelRow, "POST", "/models", model)

    async def patch_model(self, name: str, patch: PatchModel) -> ModelRow:
        return await self._call(ModelRow, "PATCH", f"/models/{path_part(name)}", patch)

    async def model_versions(
        self,
        name: str,
        *,
        stage: str | None = None,
        status: str | None = None,
        sort: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        offset: int | None = None,
    ) -> Page[VersionRow]:
        query: Query = {
            "stage": stage, "status": status, "sort": sort, "limit": limit, "cursor": cursor, "offset": offset,
        }  # fmt: skip
        return await self._call(Page[VersionRow], "GET", f"/models/{path_part(name)}/versions", query=query)

    async def model_version(self, name: str, version: str) -> VersionRow:
        return await self._call(VersionRow, "GET", _version(name, version))

    async def register_version(self, name: str, version: CreateVersion) -> VersionRow:
        return await self._call(VersionRow, "POST", f"/models/{path_part(name)}/versions", version)

    async def patch_version(self, name: str, version: str, patch: PatchVersion) -> VersionRow:
        return await self._call(VersionRow, "PATCH", _version(name, version), patch)

    async def delete_version(self, name: str, version: str) -> None:
        await self._send("DELETE", _version(name, version))

    async def restore_version(self, name: str, version: str) -> VersionRow:
        return await self._call(VersionRow, "POST", f"{_version(name, version)}/restore")

    async def move_alias(self, name: str, alias: str, move: MoveAlias) -> MoveOutcome:
        return await self._call(MoveOutcome, "PUT", f"/models/{path_part(name)}/aliases/{path_part(alias)}", move)

    async def move_stage(self, name: str, version: str, move: MoveStage) -> MoveOutcome:
        return await self._call(MoveOutcome, "POST", f"{_version(name, version)}/stage", move)

    async def approvals(
        self, name: str, *, status: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Page[ApprovalRow]:
        """Newest first."""
        query: Query = {"status": status, "limit": limit, "cursor": cursor}
        return await self._call(Page[ApprovalRow], "GET", f"/models/{path_part(name)}/approvals", query=query)

    async def decide(self, name: str, approval_id: str, *, approve: bool, reason: str) -> ApprovalRow:
        verb = "approve" if approve else "reject"
        path = f"/models/{path_part(name)}/approvals/{path_part(approval_id)}/{verb}"
        return await self._call(ApprovalRow, "POST", path, Decision(reason=reason))

    async def compare_versions(self, name: str, left: str, right: str) -> Comparison:
        query: Query = {"left": left, "right": right}
        return await self._call(Comparison, "GET", f"/models/{path_part(name)}/compare", query=query)

    async def lineage(
        self, key: str, *, direction: Direction = "both", depth: int | None = None, limit: int | None = None
    ) -> Lineage:
        """`key` is the id of a run, a stage run, an artifact, a dataset, an ingestion job or a model version; or
        `name/3` or `name@champion`; or the name of a model, for its newest version, a run, a dataset or a job.
        """
        query: Query = {"direction": direction, "depth": depth, "limit": limit}
        return await self._call(Lineage, "GET", f"/lineage/{path_part(key)}", query=query)

    async def lineage_of_source(
        self, uri: str, *, direction: Direction = "both", depth: int | None = None, limit: int | None = None
    ) -> Lineage:
        """What came from a URI."""
        query: Query = {"uri": uri, "direction": direction, "depth": depth, "limit": limit}
        return await self._call(Lineage, "GET", "/lineage", query=query)


def _version(name: str, version: str) -> str:
    return f"/models/{path_part(name)}/versions/{path_part(version)}"
