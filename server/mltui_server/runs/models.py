"""Tables: run, its tags and parameters, stage_run."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from mltui_server.db.base import Base, Entity, Recoverable


class Run(Recoverable, Entity):
    __tablename__ = "run"
    __table_args__ = (
        Index("ix_run_pipeline_id_created_at", "pipeline_id", "created_at"),
        Index("ix_run_status_queued_at", "status", "queued_at"),
        Index("ix_run_created_at_id", "created_at", "id"),
        Index("ix_run_completed_at", "completed_at"),
        Index("ix_run_deleted_at", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
        Index("ix_run_retry_of", "retry_of", postgresql_where=text("retry_of IS NOT NULL")),
    )

    pipeline_id: Mapped[UUID] = mapped_column(ForeignKey("pipeline.id"))
    name: Mapped[str]
    status: Mapped[str]
    trigger_type: Mapped[str]
    triggered_by: Mapped[str]
    environment: Mapped[str] = mapped_column(server_default="")
    run_config: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    definition: Mapped[dict[str, Any]]
    """The pipeline as it was when the run was made: a PipelineSpec."""
    output_data: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    output_directory: Mapped[str | None]
    notes: Mapped[str] = mapped_column(server_default="")
    error_message: Mapped[str | None]
    retry_of: Mapped[UUID | None] = mapped_column(ForeignKey("run.id", ondelete="SET NULL"))
    queued_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    deadline_at: Mapped[datetime | None]
    """When the run times out; set when it starts."""
    timed_out: Mapped[bool] = mapped_column(server_default="false")
    """It is being cancelled because its deadline passed: it ends as failed."""
    execution_time: Mapped[float | None]
    max_memory_usage: Mapped[float | None]
    max_cpu_usage: Mapped[float | None]
    stage_count: Mapped[int] = mapped_column(server_default="0")
    success_count: Mapped[int] = mapped_column(server_default="0")
    failed_count: Mapped[int] = mapped_column(server_default="0")
    skipped_count: Mapped[int] = mapped_column(server_default="0")
    sample_version: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """Grows with every flush that made samples of this run readable."""


class RunTag(Base):
    __tablename__ = "run_tag"
    __table_args__ = (Index("ix_run_tag_key_value", "key", "value"),)

    run_id: Mapped[UUID] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class RunParameter(Base):
    """Written once."""

    __tablename__ = "run_parameter"
    __table_args__ = (Index("ix_run_parameter_key_value", "key", "value"),)

    run_id: Mapped[UUID] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class StageRun(Entity):
    __tablename__ = "stage_run"
    __table_args__ = (
        Index("uq_stage_run_run_id_name", "run_id", "name", unique=True),
        Index("ix_stage_run_stage_id", "stage_id", "id"),
        Index("ix_stage_run_completed_at", "completed_at"),
    )

    run_id: Mapped[UUID] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))
    stage_id: Mapped[UUID | None] = mapped_column(ForeignKey("stage.id", ondelete="SET NULL"))
    name: Mapped[str]
    stage_type: Mapped[str]
    custom_name: Mapped[str | None]
    order: Mapped[int]
    dependencies: Mapped[list[str]]
    status: Mapped[str]
    attempt_number: Mapped[int] = mapped_column(server_default="0")
    """0 until the first attempt."""
    max_attempts: Mapped[int]
    next_attempt_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    execution_time: Mapped[float | None]
    memory_usage: Mapped[float | None]
    cpu_usage: Mapped[float | None]
    output_data: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    output_path: Mapped[str | None]
    error_message: Mapped[str | None]
    reused_from: Mapped[UUID | None] = mapped_column(ForeignKey("stage_run.id", ondelete="SET NULL"))
