"""Table: ingestion_job."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from mltui_server.db.base import Entity, Recoverable


class IngestionJob(Entity, Recoverable):
    """One source that is brought in, by an agent of ours or by somebody else."""

    __tablename__ = "ingestion_job"
    __table_args__ = (
        Index("ix_ingestion_job_created_at", "created_at", "id"),
        Index("ix_ingestion_job_status", "status", "created_at", "id"),
        Index("ix_ingestion_job_run_id", "run_id"),
        Index("ix_ingestion_job_dataset_id", "dataset_id"),
        # A hash: addresses may be longer than a tree takes.
        Index("ix_ingestion_job_uri", "uri", postgresql_using="hash"),
    )

    name: Mapped[str]
    uri: Mapped[str]
    status: Mapped[str]
    runner: Mapped[str]
    """`agent`: starting it makes a run that reads the source; `outside`: others start, complete and fail it."""
    options: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    """How to read the source: what is not there is detected."""
    attempt_number: Mapped[int] = mapped_column(server_default="0")
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("run.id", ondelete="SET NULL"))
    """Of the last attempt."""
    dataset_id: Mapped[UUID | None] = mapped_column(ForeignKey("dataset.id", ondelete="SET NULL"))
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    """Read so far."""
    bytes_total: Mapped[int | None] = mapped_column(BigInteger)
    rows: Mapped[int | None] = mapped_column(BigInteger)
    rows_set_aside: Mapped[int | None] = mapped_column(BigInteger)
    error_message: Mapped[str | None] = mapped_column("error")
    """Called as everything else that moves from state to state calls it."""
    created_by: Mapped[str]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    execution_time: Mapped[float | None]
