"""Tables: registered_model, model_version, model_version_job, model_alias, model_approval."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from mltui_server.db.base import Base, Entity


class RegisteredModel(Entity):
    """Its row is locked by whatever registers or moves a version: two at once are one after the other."""

    __tablename__ = "registered_model"
    __table_args__ = (
        Index("uq_registered_model_name", "name", unique=True, postgresql_where=text("deleted_at IS NULL")),
    )

    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    tags: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    approval: Mapped[bool] = mapped_column(server_default="false")
    created_by: Mapped[str]
    version_counter: Mapped[int] = mapped_column(server_default="0")
    """Numbers are not given twice, whatever is deleted."""
    deleted_at: Mapped[datetime | None]


class ModelVersion(Entity):
    __tablename__ = "model_version"
    __table_args__ = (
        Index("uq_model_version_model_id_version", "model_id", "version", unique=True),
        Index("ix_model_version_run_id", "run_id"),
        Index("ix_model_version_artifact_id", "artifact_id"),
        Index("ix_model_version_training_dataset_id", "training_dataset_id"),
        # A hash: addresses may be longer than a tree takes.
        Index("ix_model_version_uri", "uri", postgresql_using="hash"),
    )

    model_id: Mapped[UUID] = mapped_column(ForeignKey("registered_model.id", ondelete="CASCADE"))
    version: Mapped[int]
    status: Mapped[str]
    stage: Mapped[str] = mapped_column(server_default="None")
    run_id: Mapped[UUID | None]
    run_name: Mapped[str | None]
    """No foreign key, and what the run is called: both stay when it is deleted for good."""
    artifact_id: Mapped[UUID | None] = mapped_column(ForeignKey("artifact.id"))
    """No action: what it cites cannot be taken away."""
    uri: Mapped[str | None]
    model_type: Mapped[str] = mapped_column(server_default="")
    algorithm: Mapped[str] = mapped_column(server_default="")
    framework: Mapped[str] = mapped_column(server_default="")
    model_format: Mapped[str] = mapped_column(server_default="")
    training_dataset_id: Mapped[UUID | None] = mapped_column(ForeignKey("dataset.id", ondelete="SET NULL"))
    training_config: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    metrics: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    """Numbers; what is not finite as the words that JSON has for it."""
    description: Mapped[str] = mapped_column(server_default="")
    tags: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    created_by: Mapped[str]
    deleted_at: Mapped[datetime | None]
    """Deleted softly, so that it can be restored. It cites nothing any more."""


class ModelVersionJob(Base):
    """An ingestion job brought in what the version is made of."""

    __tablename__ = "model_version_job"
    __table_args__ = (Index("ix_model_version_job_job_id", "job_id"),)

    version_id: Mapped[UUID] = mapped_column(ForeignKey("model_version.id", ondelete="CASCADE"), primary_key=True)
    job_id: Mapped[UUID] = mapped_column(ForeignKey("ingestion_job.id", ondelete="CASCADE"), primary_key=True)


class ModelAlias(Base):
    __tablename__ = "model_alias"
    __table_args__ = (Index("ix_model_alias_version_id", "version_id"),)

    model_id: Mapped[UUID] = mapped_column(ForeignKey("registered_model.id", ondelete="CASCADE"), primary_key=True)
    alias: Mapped[str] = mapped_column(primary_key=True)
    version_id: Mapped[UUID] = mapped_column(ForeignKey("model_version.id", ondelete="CASCADE"))


class ModelApproval(Entity):
    """A move of an alias or of a stage that somebody asked for, and somebody else decides on."""

    __tablename__ = "model_approval"
    __table_args__ = (
        Index("ix_model_approval_model_id", "model_id", "created_at"),
        Index("ix_model_approval_version_id", "version_id"),
    )

    model_id: Mapped[UUID] = mapped_column(ForeignKey("registered_model.id", ondelete="CASCADE"))
    alias: Mapped[str | None]
    """None: the move is one of `version_id` to another stage."""
    version_id: Mapped[UUID | None] = mapped_column(ForeignKey("model_version.id", ondelete="CASCADE"))
    version: Mapped[int | None]
    """Its number. None: the alias is to point to none."""
    before: Mapped[str]
    after: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str]
    requested_by: Mapped[str]
    decided_by: Mapped[str | None]
    decision: Mapped[str] = mapped_column(server_default="")
    decided_at: Mapped[datetime | None]
