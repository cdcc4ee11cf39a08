"""Reading models, versions and approvals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.base import Page
from mltui.wire.models import (
    ApprovalRow,
    ApprovalStatus,
    LinkedJob,
    ModelRow,
    ModelStage,
    VersionRow,
    VersionStatus,
)
from mltui_server.artifacts.models import Artifact
from mltui_server.datasets.models import Dataset
from mltui_server.ingestion.models import IngestionJob
from mltui_server.lib.pagination import Window, fetch_page, order_of
from mltui_server.registry.models import ModelAlias, ModelApproval, ModelVersion, ModelVersionJob, RegisteredModel
from mltui_server.runs.models import Run

_of_model = (ModelVersion.model_id == RegisteredModel.id, ModelVersion.deleted_at.is_(None))
_count = select(func.count()).where(*_of_model).correlate(RegisteredModel).scalar_subquery()
_latest = select(func.max(ModelVersion.version)).where(*_of_model).correlate(RegisteredModel).scalar_subquery()
_aliases = (
    select(func.jsonb_object_agg(ModelAlias.alias, ModelVersion.version))
    .join(ModelVersion, ModelVersion.id == ModelAlias.version_id)
    .where(ModelAlias.model_id == RegisteredModel.id)
    .correlate(RegisteredModel)
    .scalar_subquery()
)
_staged = (
    select(func.jsonb_agg(func.jsonb_build_array(ModelVersion.stage, ModelVersion.version)))
    .where(*_of_model, ModelVersion.stage != ModelStage.NONE.value)
    .correlate(RegisteredModel)
    .scalar_subquery()
)
_pending = (
    select(func.count())
    .where(ModelApproval.model_id == RegisteredModel.id, ModelApproval.status == ApprovalStatus.PENDING.value)
    .correlate(RegisteredModel)
    .scalar_subquery()
)
_models = select(
    *RegisteredModel.__table__.columns, _count.label("version_count"), _latest.label("latest"),
    _aliases.label("aliases"), _staged.label("staged"), _pending.label("pending"),
).where(RegisteredModel.deleted_at.is_(None))  # fmt: skip
MODELS_BY: Mapping[str, ColumnElement[Any]] = {
    **{name: getattr(RegisteredModel, name).expression
       for name in ("name", "description", "created_by", "created_at", "updated_at")},
    "version_count": cast(_count, Integer),
    "latest": cast(_latest, Integer),
}  # fmt: skip

_alias_names = (
    select(func.jsonb_agg(ModelAlias.alias))
    .where(ModelAlias.version_id == ModelVersion.id)
    .correlate(ModelVersion)
    .scalar_subquery()
)
_jobs = (
    select(func.jsonb_agg(func.jsonb_build_array(IngestionJob.id, IngestionJob.name)))
    .join(ModelVersionJob, ModelVersionJob.job_id == IngestionJob.id)
    .where(ModelVersionJob.version_id == ModelVersion.id)
    .correlate(ModelVersion)
    .scalar_subquery()
)
_run_name = func.coalesce(Run.name, ModelVersion.run_name)
_run_deleted = ModelVersion.run_id.is_not(None) & Run.id.is_(None)
_versions = (
    select(
        *ModelVersion.__table__.columns, RegisteredModel.name.label("model"), _run_name.label("run"),
        _run_deleted.label("run_deleted"), Artifact.name.label("artifact"), Dataset.name.label("training_dataset"),
        _alias_names.label("aliases"), _jobs.label("jobs"),
    )
    .join(RegisteredModel, RegisteredModel.id == ModelVersion.model_id)
    .outerjoin(Run, Run.id == ModelVersion.run_id)
    .outerjoin(Artifact, Artifact.id == ModelVersion.artifact_id)
    .outerjoin(Dataset, Dataset.id == ModelVersion.training_dataset_id)
)  # fmt: skip
VERSIONS_BY: Mapping[str, ColumnElement[Any]] = {
    name: getattr(ModelVersion, name).expression
    for name in ("version", "status", "stage", "model_type", "algorithm", "framework", "model_format", "created_by",
                 "created_at", "updated_at")
}  # fmt: skip
_approvals = select(*ModelApproval.__table__.columns, RegisteredModel.name.label("model")).join(
    RegisteredModel, RegisteredModel.id == ModelApproval.model_id
)


async def list_models(session: AsyncSession, window: Window, sort: str, text: str | None) -> Page[ModelRow]:
    """`text` is part of the name or the description, in any case."""
    searched = (RegisteredModel.name, RegisteredModel.description)
    found = [or_(*(column.icontains(text, autoescape=True) for column in searched))] if text else []
    order = order_of(sort, MODELS_BY, RegisteredModel.id.expression)
    rows, following, total = await fetch_page(session, _models.where(*found), order, window)
    return Page(items=[_model(row) for row in rows], next=following, total=total)


async def model_row(session: AsyncSession, id_: UUID) -> ModelRow:
    """It must exist."""
    return _model((await session.execute(_models.where(RegisteredModel.id == id_))).one())


@dataclass(frozen=True, kw_only=True)
class VersionFilter:
    model: UUID | None = None
    stage: ModelStage | None = None
    status: VersionStatus | None = None
    run: UUID | None = None
    job: UUID | None = None
    """An ingestion job that it is linked to."""

    def clauses(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = [ModelVersion.deleted_at.is_(None)]
        if self.model:
            found.append(ModelVersion.model_id == self.model)
        if self.stage:
            found.append(ModelVersion.stage == self.stage.value)
        if self.status:
            found.append(ModelVersion.status == self.status.value)
        if self.run:
            found.append(ModelVersion.run_id == self.run)
        if self.job:
            linked = select(ModelVersionJob.version_id).where(ModelVersionJob.job_id == self.job)
            found.append(ModelVersion.id.in_(linked))
        return found


async def list_versions(session: AsyncSession, window: Window, sort: str, chosen: VersionFilter) -> Page[VersionRow]:
    order = order_of(sort, VERSIONS_BY, ModelVersion.id.expression)
    rows, following, total = await fetch_page(session, _versions.where(*chosen.clauses()), order, window)
    return Page(items=[_version(row) for row in rows], next=following, total=total)


async def version_row(session: AsyncSession, id_: UUID) -> VersionRow:
    """It must exist."""
    return _version((await session.execute(_versions.where(ModelVersion.id == id_))).one())


async def list_approvals(
    session: AsyncSession, model: UUID, window: Window, status: ApprovalStatus | None
) -> Page[ApprovalRow]:
    """Newest first."""
    chosen = [ModelApproval.model_id == model, *([ModelApproval.status == status.value] if status else [])]
    order = order_of("-created_at", {"created_at": ModelApproval.created_at.expression}, ModelApproval.id.expression)
    rows, following, total = await fetch_page(session, _approvals.where(*chosen), order, window)
    return Page(items=[_approval(row) for row in rows], next=following, total=total)


async def approval_row(session: AsyncSession, id_: UUID) -> ApprovalRow:
    """It must exist."""
    return _approval((await session.execute(_approvals.where(ModelApproval.id == id_))).one())


def _model(row: Any) -> ModelRow:
    stages: dict[ModelStage, list[int]] = {}
    for stage, version in sorted(row.staged or [], key=lambda pair: pair[1]):
        stages.setdefault(ModelStage(stage), []).append(version)
    return ModelRow(
        id=str(row.id), stages=stages, aliases=row.aliases or {},
        **_same(row, "name", "description", "tags", "approval", "created_by", "created_at", "updated_at",
                "version_count", "latest", "pending"),
    )  # fmt: skip


def _version(row: Any) -> VersionRow:
    return VersionRow(
        id=str(row.id),
        model_id=str(row.model_id),
        status=VersionStatus(row.status),
        stage=ModelStage(row.stage),
        aliases=sorted(row.aliases or []),
        run_id=_text(row.run_id),
        artifact_id=_text(row.artifact_id),
        training_dataset_id=_text(row.training_dataset_id),
        ingestion_jobs=[LinkedJob(id=id_, name=name) for id_, name in row.jobs or []],
        **_same(row, "model", "version", "run", "run_deleted", "artifact", "uri", "model_type", "algorithm",
                "framework", "model_format", "training_dataset", "training_config", "metrics", "description", "tags",
                "created_by", "created_at", "updated_at"),
    )  # fmt: skip


def _approval(row: Any) -> ApprovalRow:
    return ApprovalRow(
        id=str(row.id), kind="alias" if row.alias else "stage", status=ApprovalStatus(row.status),
        **_same(row, "model", "alias", "version", "before", "after", "reason", "requested_by", "created_at",
                "decided_by", "decision", "decided_at"),
    )  # fmt: skip


def _same(row: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _text(id_: UUID | None) -> str | None:
    return str(id_) if id_ else None
