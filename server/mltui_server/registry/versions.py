"""Versions of models: registering, changing, deleting and restoring them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import UNSET
from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.artifacts import ArtifactStatus
from mltui.wire.base import Number, to_float
from mltui.wire.masking import without_secrets
from mltui.wire.models import STATUS_MOVES, CreateVersion, ModelStage, PatchVersion, VersionStatus
from mltui_server.artifacts import service as artifacts
from mltui_server.artifacts.held import hold
from mltui_server.artifacts.models import Artifact
from mltui_server.events.service import record
from mltui_server.lib.errors import Conflict, Invalid
from mltui_server.lib.ids import new_id
from mltui_server.lib.principal import Principal
from mltui_server.registry.kinds import guessed
from mltui_server.registry.known import dataset_id, job_id, source_of
from mltui_server.registry.models import ModelAlias, ModelVersion, ModelVersionJob, RegisteredModel
from mltui_server.registry.service import change, ensure_locked, find, find_version, merged

PLAIN = ("model_type", "algorithm", "framework", "model_format", "training_config", "description")
"""Fields of a patch that are set as they are."""


async def register(session: AsyncSession, principal: Principal, name: str, request: CreateVersion) -> ModelVersion:
    """The next version of the model, which is made when there is none of that name. With an id that is there: that one.

    Raises NotFound, Invalid or Conflict for what cannot be its source, Conflict for an id that is another's.
    """
    id_ = _own_id(request)
    model = await ensure_locked(session, principal, name)
    known = await session.get(ModelVersion, id_)
    if known is not None:
        if known.model_id != model.id:
            raise Conflict(f"$.id: {id_} is a version of another model")
        return known
    source = await source_of(session, request)
    framework, model_format = guessed(source.artifact.name if source.artifact else request.uri or "")
    model.version_counter += 1
    version = ModelVersion(
        id=id_,
        model_id=model.id,
        version=model.version_counter,
        status=request.status.value,
        run_id=source.run.id if source.run else None,
        run_name=source.run.name if source.run else None,
        artifact_id=source.artifact.id if source.artifact else None,
        uri=request.uri,
        model_type=request.model_type,
        algorithm=request.algorithm,
        framework=request.framework or framework,
        model_format=request.model_format or model_format,
        training_dataset_id=await dataset_id(session, request.training_dataset) or source.dataset,
        training_config=without_secrets(source.parameters | request.training_config),
        metrics=source.metrics | _checked(request.metrics),
        description=request.description,
        tags=request.tags,
        created_by=principal.name,
    )
    session.add(version)
    await session.flush()
    await _link(session, version.id, request.ingestion_jobs)
    await record(session, principal, "model_version.create", version.id, run_id=version.run_id,
                 after={"name": f"{model.name}/{version.version}", "status": version.status})  # fmt: skip
    return version


def _own_id(request: CreateVersion) -> UUID:
    if request.id is UNSET:
        return new_id()
    try:
        return UUID(request.id)
    except ValueError:
        raise Invalid(f"$.id: {request.id!r} is not a UUID") from None


def _checked(metrics: dict[str, Number]) -> dict[str, Number]:
    for key, value in metrics.items():
        try:
            to_float(value)
        except ValueError as error:
            raise Invalid(f"$.metrics[{key!r}]: {error}") from None
    return metrics


async def _link(session: AsyncSession, version: UUID, keys: Sequence[str]) -> None:
    jobs = {await job_id(session, key) for key in keys}
    if jobs:
        rows = [{"version_id": version, "job_id": job} for job in jobs]
        await session.execute(insert(ModelVersionJob).values(rows))


async def patch(
    session: AsyncSession, principal: Principal, name: str, key: str, request: PatchVersion
) -> ModelVersion:
    """Raises Conflict, naming both, for a status that cannot become what was asked for."""
    model = await find(session, name, lock=True)
    version = await find_version(session, model, key)
    given = {field: getattr(request, field) for field in PatchVersion.__struct_fields__}
    given = {field: value for field, value in given.items() if value is not UNSET}
    wanted: dict[str, Any] = {field: value for field, value in given.items() if field in PLAIN}
    if "training_config" in given:
        wanted["training_config"] = without_secrets(given["training_config"])
    if "status" in given:
        wanted["status"] = _moved(model, version, given["status"])
    if "training_dataset" in given:
        wanted["training_dataset_id"] = await dataset_id(session, given["training_dataset"])
    if "metrics" in given:
        wanted["metrics"] = _checked(given["metrics"])
    if "tags" in given:
        wanted["tags"] = merged(version.tags, given["tags"])
    await change(session, principal, "model_version.update", version, wanted)
    if "ingestion_jobs" in given:
        await _relink(session, principal, version, given["ingestion_jobs"])
    return version


def _moved(model: RegisteredModel, version: ModelVersion, wanted: VersionStatus) -> str:
    current = VersionStatus(version.status)
    if wanted is not current and wanted not in STATUS_MOVES[current]:
        raise Conflict(f"{model.name}/{version.version} is {current.value}; it cannot become {wanted.value}")
    return wanted.value


async def _relink(session: AsyncSession, principal: Principal, version: ModelVersion, keys: Sequence[str]) -> None:
    of_version = ModelVersionJob.version_id == version.id
    before = sorted(map(str, await session.scalars(select(ModelVersionJob.job_id).where(of_version))))
    await session.execute(delete(ModelVersionJob).where(of_version))
    await _link(session, version.id, keys)
    after = sorted(map(str, await session.scalars(select(ModelVersionJob.job_id).where(of_version))))
    if before != after:
        await record(session, principal, "model_version.update", version.id, run_id=version.run_id,
                     before={"ingestion_jobs": before}, after={"ingestion_jobs": after})  # fmt: skip


async def remove(session: AsyncSession, principal: Principal, name: str, key: str) -> None:
    """It cites nothing any more, and can be restored. Raises Conflict while an alias or a stage stands on it."""
    model = await find(session, name, lock=True)
    version = await find_version(session, model, key)
    called = f"{model.name}/{version.version}"
    aliases = (await session.scalars(select(ModelAlias.alias).where(ModelAlias.version_id == version.id))).all()
    if aliases:
        raise Conflict(f"{called} is {', '.join(sorted(aliases))}; have the alias point elsewhere first")
    if version.stage in (ModelStage.STAGING.value, ModelStage.PRODUCTION.value):
        raise Conflict(f"{called} is in {version.stage}; move it to another stage first")
    version.deleted_at = func.clock_timestamp()
    await record(session, principal, "model_version.delete", version.id, run_id=version.run_id,
                 before={"name": called})  # fmt: skip


async def restore(session: AsyncSession, principal: Principal, name: str, key: str) -> ModelVersion:
    """Raises Conflict for one that is not deleted, or whose content `mltui gc` removed."""
    model = await find(session, name, lock=True)
    version = await find_version(session, model, key, deleted=True)
    called = f"{model.name}/{version.version}"
    if version.deleted_at is None:
        raise Conflict(f"{called} is not deleted")
    if version.artifact_id is not None:
        artifact = await session.get_one(Artifact, version.artifact_id)
        await hold(session, artifacts.object_path(artifact.sha256))
        await session.refresh(artifact)
        if artifact.status == ArtifactStatus.DELETED.value:
            raise Conflict(f"{called} cannot be restored: the content of {artifact.name!r} was removed by `mltui gc`")
    version.deleted_at = None
    await session.flush()
    await record(session, principal, "model_version.restore", version.id, run_id=version.run_id,
                 after={"name": called})  # fmt: skip
    return version
