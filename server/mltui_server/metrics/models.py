"""Tables: metric, metric_label_set, point_inbox, point_refused, metric_deletion."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Integer, LargeBinary, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from mltui_server.db.base import Base, Entity, Recoverable


class Metric(Entity, Recoverable):
    __tablename__ = "metric"
    __table_args__ = (
        Index("uq_metric_name", "name", unique=True, postgresql_where=text("deleted_at IS NULL")),
        Index("ix_metric_deleted_at", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
    )

    name: Mapped[str]
    type: Mapped[str]
    label_keys: Mapped[list[str]]
    unit: Mapped[str] = mapped_column(server_default="")
    description: Mapped[str] = mapped_column(server_default="")
    version: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """Grows when points become readable."""


class MetricLabelSet(Base):
    """One combination of label values: a series of the store, which knows it by its id."""

    __tablename__ = "metric_label_set"
    # A hash: labels may be longer than an index takes.
    __table_args__ = (Index("uq_metric_label_set_labels", "metric_id", text("md5(labels::text)"), unique=True),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    metric_id: Mapped[UUID] = mapped_column(ForeignKey("metric.id", ondelete="CASCADE"))
    labels: Mapped[dict[str, Any]]
    points: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """That were taken in; one that took another's place counts again."""
    first_time: Mapped[int | None] = mapped_column(BigInteger)
    last_time: Mapped[int | None] = mapped_column(BigInteger)
    """Nanoseconds; null until a point is readable."""


class PointInbox(Base):
    """Points that are durable and not yet in the sample store: one row a request and metric."""

    __tablename__ = "point_inbox"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    metric_id: Mapped[UUID] = mapped_column(ForeignKey("metric.id", ondelete="CASCADE"), index=True)
    samples: Mapped[int] = mapped_column(Integer)
    """Numbers and states in it: a point of a histogram has several."""
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """As `packed.encode` writes them."""
    received_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class PointRefused(Base):
    """What the store will never take, of one metric: kept for a person to look at, out of the way."""

    __tablename__ = "point_refused"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    metric_id: Mapped[UUID] = mapped_column(ForeignKey("metric.id", ondelete="CASCADE"), index=True)
    samples: Mapped[int] = mapped_column(Integer)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """Both as the inbox has them."""
    reason: Mapped[str]
    refused_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class MetricDeletion(Base):
    """A metric that is gone from Postgres and whose points are still to be deleted from the sample store."""

    __tablename__ = "metric_deletion"

    metric_id: Mapped[UUID] = mapped_column(primary_key=True)
    label_sets: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    requested_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
