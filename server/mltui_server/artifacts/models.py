"""Tables: artifact, object_deletion."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from mltui_server.db.base import Base, Entity


class Artifact(Entity):
    """A file that a run produced. Its content is an object that other artifacts may share."""

    __tablename__ = "artifact"
    __table_args__ = (
        Index(
            "uq_artifact_run_id_name", "run_id", "name", unique=True,
            postgresql_where=text("is_active AND status = 'ready'"),
        ),
        Index("ix_artifact_run_id", "run_id", "name"),
        Index("ix_artifact_stage_run_id", "stage_run_id"),
        Index("ix_artifact_sha256", "sha256", "storage_type"),
        Index("ix_artifact_created_at", "created_at", "id"),
    )  # fmt: skip

    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("run.id", ondelete="SET NULL"))
    stage_run_id: Mapped[UUID | None] = mapped_column(ForeignKey("stage_run.id", ondelete="SET NULL"))
    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    artifact_type: Mapped[str]
    status: Mapped[str]
    is_active: Mapped[bool] = mapped_column(server_default="true")
    file_path: Mapped[str]
    file_size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    media_type: Mapped[str]
    storage_type: Mapped[str]
    storage_config: Mapped[dict[str, Any]]
    artifact_metadata: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    created_by: Mapped[str]


class ObjectDeletion(Base):
    """An object that nothing refers to any more and that is still to be deleted from the artifact store."""

    __tablename__ = "object_deletion"

    path: Mapped[str] = mapped_column(primary_key=True)
    requested_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
