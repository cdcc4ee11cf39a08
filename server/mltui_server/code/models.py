"""Table: run_code."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from mltui_server.db.base import Base


class RunCode(Base):
    """What is known of the code of one scope of a run."""

    __tablename__ = "run_code"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    captured_at: Mapped[datetime]
    """The latest of what was said."""
    said: Mapped[dict[str, Any]]
    """Fields of a CodeVersion: those that anybody has told."""
