"""Tables: pipeline, stage."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from mltui_server.db.base import Entity


class Pipeline(Entity):
    """Status, times and peaks are those of the latest run; they are read from it, not kept twice."""

    __tablename__ = "pipeline"
    __table_args__ = (Index("uq_pipeline_name", "name", unique=True, postgresql_where=text("deleted_at IS NULL")),)

    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    parameters: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    environment: Mapped[str] = mapped_column(server_default="")
    directory: Mapped[str | None]
    timeout_s: Mapped[float | None]
    config: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    deleted_at: Mapped[datetime | None]
    """Deleted softly: its runs stay, and its name is free again."""
    run_counter: Mapped[int] = mapped_column(server_default="0")
    """Numbers the names of runs that were given none."""


class Stage(Entity):
    __tablename__ = "stage"
    __table_args__ = (Index("uq_stage_pipeline_id_name", "pipeline_id", "name", unique=True),)

    pipeline_id: Mapped[UUID] = mapped_column(ForeignKey("pipeline.id", ondelete="CASCADE"))
    name: Mapped[str]
    stage_type: Mapped[str]
    custom_name: Mapped[str | None]
    order: Mapped[int]
    command: Mapped[Any] = mapped_column(JSONB)
    """A list, or a string for `sh -c`."""
    dependencies: Mapped[list[str]]
    env: Mapped[dict[str, Any]]
    directory: Mapped[str | None]
    retries: Mapped[int]
    backoff_s: Mapped[float]
    timeout_s: Mapped[float | None]
    config: Mapped[dict[str, Any]]
