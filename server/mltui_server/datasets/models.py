"""Tables: dataset, run_input."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from mltui_server.db.base import Base, Entity


class Dataset(Entity):
    """What is known about an artifact that is a table."""

    __tablename__ = "dataset"
    __table_args__ = (
        Index("uq_dataset_artifact_id", "artifact_id", unique=True),
        Index("ix_dataset_created_at", "created_at", "id"),
        Index("ix_dataset_name", "name"),
        # A hash: addresses may be longer than a tree takes.
        Index("ix_dataset_source_uri", "source_uri", postgresql_using="hash"),
    )

    artifact_id: Mapped[UUID] = mapped_column(ForeignKey("artifact.id", ondelete="CASCADE"))
    name: Mapped[str]
    format: Mapped[str]
    row_count: Mapped[int | None] = mapped_column(BigInteger)
    column_count: Mapped[int | None]
    schema: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    profile: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    source_uri: Mapped[str | None]
    created_by: Mapped[str]


class RunInput(Base):
    """A run, or one stage of it, read a dataset."""

    __tablename__ = "run_input"
    __table_args__ = (Index("ix_run_input_dataset_id", "dataset_id", "run_id"),)

    run_id: Mapped[UUID] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    dataset_id: Mapped[UUID] = mapped_column(ForeignKey("dataset.id", ondelete="CASCADE"), primary_key=True)
    stage_run_id: Mapped[UUID | None] = mapped_column(ForeignKey("stage_run.id", ondelete="SET NULL"))
    """The stage that read it first."""
