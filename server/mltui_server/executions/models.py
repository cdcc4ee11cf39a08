"""Table: execution."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from mltui_server.db.base import Entity


class Execution(Entity):
    """One attempt to run one command. The log's and writer's counters live here: they move with each chunk."""

    __tablename__ = "execution"
    __table_args__ = (
        Index("ix_execution_run_id", "run_id"),
        Index("ix_execution_stage_run_id", "stage_run_id"),
        Index(
            "ix_execution_live",
            "status",
            "heartbeat_at",
            postgresql_where=text("status IN ('pending', 'queued', 'running', 'cancelling')"),
        ),
    )

    run_id: Mapped[UUID] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))
    stage_run_id: Mapped[UUID | None] = mapped_column(ForeignKey("stage_run.id", ondelete="CASCADE"))
    scope: Mapped[str]
    attempt_number: Mapped[int] = mapped_column(server_default="1")
    engine: Mapped[str]
    status: Mapped[str]
    command: Mapped[list[str]]
    directory: Mapped[str | None]
    env: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    timeout_s: Mapped[float | None]
    agent: Mapped[str | None]
    """Which agent process claimed it."""
    host: Mapped[str | None]
    boot_id: Mapped[str | None]
    agent_pid: Mapped[int | None]
    pid: Mapped[int | None]
    launched_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    exit_code: Mapped[int | None]
    signal: Mapped[int | None]
    oom_killed: Mapped[bool] = mapped_column(server_default="false")
    error_message: Mapped[str | None]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    execution_time: Mapped[float | None]
    memory_usage: Mapped[float | None]
    cpu_usage: Mapped[float | None]
    log_seq: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """The last log chunk stored."""
    log_lines: Mapped[int] = mapped_column(BigInteger, server_default="0")
    log_bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")
    logged_at: Mapped[datetime | None]
    """When the last log chunk came in."""
    log_object: Mapped[str | None]
    """Path in the artifact store, once the finished log has moved there."""
