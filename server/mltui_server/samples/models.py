"""Tables: sample_writer, sample_inbox, sample_flush, sample_refused, sample_deletion, run_series."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    func,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from mltui_server.db.base import Base


class SampleWriter(Base):
    """The last batch stored of each writer: one sent again is known by its seq."""

    __tablename__ = "sample_writer"

    writer: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), index=True)
    last_seq: Mapped[int] = mapped_column(BigInteger)


class SampleInbox(Base):
    """Batches that are durable and not yet in the sample store: one row, one blob."""

    __tablename__ = "sample_inbox"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), index=True)
    samples: Mapped[int] = mapped_column(Integer)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """The batch's series, as `batch.encode` writes them."""
    received_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class SampleFlush(Base):
    """One row: of which inbox rows the present flush is made, or the last one. Ids that have left match nothing."""

    __tablename__ = "sample_flush"

    the_one: Mapped[bool] = mapped_column(
        CheckConstraint("the_one", name="one_row"), primary_key=True, server_default=true()
    )
    ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))


class SampleRefused(Base):
    """What could not be read, or what the store will never take: kept for a person to look at, out of the way."""

    __tablename__ = "sample_refused"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """As it was in the inbox."""
    run_id: Mapped[UUID] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), index=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """The row's, or as `batch.encode` writes it: those of its samples that the store refused."""
    reason: Mapped[str]
    refused_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class SampleDeletion(Base):
    """A run that is gone from Postgres and whose samples are still to be deleted from the sample store."""

    __tablename__ = "sample_deletion"

    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    requested_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class RunSeries(Base):
    """One row per (run, key). Run tables sort and filter on it and never touch the sample store."""

    __tablename__ = "run_series"
    # Without a time in it: that changes with each flush, which would then write to every index of the row.
    __table_args__ = (Index("ix_run_series_nonfinite", "run_id", postgresql_where=text("nonfinite > 0")),)

    run_id: Mapped[UUID] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    nonfinite: Mapped[int] = mapped_column(BigInteger)
    min: Mapped[float | None]
    max: Mapped[float | None]
    last: Mapped[float]
    """May be NaN or infinite."""
    last_step: Mapped[int | None] = mapped_column(BigInteger)
    first_time: Mapped[int] = mapped_column(BigInteger)
    last_time: Mapped[int] = mapped_column(BigInteger)
    """Nanoseconds; also what makes the next timestamp unique: max(t, last_time + 1)."""
