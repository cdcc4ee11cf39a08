"""What versions of models cite: its content must stay for as long as one of them is not deleted."""

from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from mltui_server.artifacts.models import Artifact
from mltui_server.datasets.models import Dataset
from mltui_server.registry.models import ModelVersion, RegisteredModel

_trained_on = select(Dataset.artifact_id).where(Dataset.id == ModelVersion.training_dataset_id).scalar_subquery()


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


async def citing_version(session: AsyncSession, artifact: UUID) -> str | None:
    """One version that cites the artifact, as `name/3`."""
    found = await session.execute(
        select(RegisteredModel.name, ModelVersion.version)
        .join(RegisteredModel, RegisteredModel.id == ModelVersion.model_id)
        .where(ModelVersion.deleted_at.is_(None), or_(ModelVersion.artifact_id == artifact, _trained_on == artifact))
        .order_by(ModelVersion.id.desc())
        .limit(1)
    )
    row = found.first()
    return f"{row.name}/{row.version}" if row else None
