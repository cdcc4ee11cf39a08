"""Table: log_chunk."""

from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from mltui_server.db.base import Base


class LogChunk(Base):
    """Part of a log: lines [first_line, first_line + lines).

    `body` is here, or at [offset, offset + stored_size) of the execution's `log_object` once the log has moved to
    the artifact store.
    """

    __tablename__ = "log_chunk"
    __table_args__ = (Index("ix_log_chunk_hot", "execution_id", postgresql_where=text("body IS NOT NULL")),)

    execution_id: Mapped[UUID] = mapped_column(ForeignKey("execution.id", ondelete="CASCADE"), primary_key=True)
    first_line: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    lines: Mapped[int] = mapped_column(Integer)
    first_byte: Mapped[int] = mapped_column(BigInteger)
    """Of the raw log."""
    raw_size: Mapped[int] = mapped_column(Integer)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    offset: Mapped[int | None] = mapped_column(BigInteger)
    stored_size: Mapped[int | None] = mapped_column(Integer)
