"""What versions of models cite: its content must stay for as long as one of them is not deleted."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from mltui_server.artifacts.models import Artifact
from mltui_server.datasets.models import Dataset
from mltui_server.registry.models import ModelVersion, RegisteredModel


def content_is_cited() -> ColumnElement[bool]:
    """Of an Artifact: a version cites it, or another artifact with the same content in the same store.

    As its file, or as the dataset that it was trained on.
    """
    other = aliased(Artifact)
    same = (other.sha256 == Artifact.sha256, other.storage_type == Artifact.storage_type)
    as_file = exists().where(ModelVersion.artifact_id == other.id, ModelVersion.deleted_at.is_(None), *same)
    as_data = exists().where(
        Dataset.artifact_id == other.id, ModelVersion.training_dataset_id == Dataset.id,
        ModelVersion.deleted_at.is_(None), *same,
    )  # fmt: skip
    return or_(as_file, as_data)


async def citing_versions(session: AsyncSession, artifacts: ColumnElement[bool]) -> dict[UUID, str]:
    """Of the artifacts that are cited: the newest version that does, as `name/3`, by the artifact's id."""
    as_data = select(Dataset.artifact_id, ModelVersion.id.label("version_id")).join(
        ModelVersion, ModelVersion.training_dataset_id == Dataset.id
    )
    cites = select(ModelVersion.artifact_id, ModelVersion.id.label("version_id")).union_all(as_data).subquery()
    found = await session.execute(
        select(Artifact.id, RegisteredModel.name, ModelVersion.version)
        .join(cites, cites.c.artifact_id == Artifact.id)
        .join(ModelVersion, ModelVersion.id == cites.c.version_id)
        .join(RegisteredModel, RegisteredModel.id == ModelVersion.model_id)
        .where(artifacts, ModelVersion.deleted_at.is_(None))
        .order_by(ModelVersion.id)
    )
    return {row.id: f"{row.name}/{row.version}" for row in found}


async def versions_of_runs(session: AsyncSession, runs: Sequence[UUID]) -> Sequence[str]:
    """Versions that came from one of these runs, as `name/3`."""
    found = await session.scalars(
        select(RegisteredModel.name + "/" + cast(ModelVersion.version, String))
        .select_from(ModelVersion)
        .join(RegisteredModel, RegisteredModel.id == ModelVersion.model_id)
        .where(ModelVersion.deleted_at.is_(None), ModelVersion.run_id.in_(runs))
        .order_by(RegisteredModel.name, ModelVersion.version)
    )
    return found.all()


async def keep_run_name(session: AsyncSession, run: UUID, name: str) -> None:
    """With the deletion of the run, in its transaction: its versions know what it was called in the end."""
    await session.execute(update(ModelVersion).where(ModelVersion.run_id == run).values(run_name=name))
