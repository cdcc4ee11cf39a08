"""Table: event."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from mltui_server.db.base import Base

_NAME = "coalesce(after ->> 'name', before ->> 'name')"


class Event(Base):
    """Append-only: a trigger refuses update and delete."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_xid_id", "xid", "id"),
        Index("ix_event_time", "time", "id"),
        *(
            Index(f"ix_event_{name}", name, "time", "id")
            for name in ("actor", "action", "object_type", "object_id", "run_id")
        ),
        # A hash: names may be longer than a tree takes, and many files have the same.
        Index("ix_event_name", text(f"md5({_NAME})"), postgresql_where=text(f"md5({_NAME}) IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    xid: Mapped[int] = mapped_column(BigInteger, server_default=text("(pg_current_xact_id()::text::bigint)"))
    """The transaction. Readers stop at the oldest one still running: ids alone become visible out of order."""
    time: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    actor: Mapped[str]
    action: Mapped[str]
    object_type: Mapped[str]
    object_id: Mapped[str]
    run_id: Mapped[UUID | None]
    """The run that the object belongs to, so that one run's watchers hear of its stages."""
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    message: Mapped[str] = mapped_column(server_default="")
    request_id: Mapped[str | None]


NAME = func.coalesce(Event.after["name"].astext, Event.before["name"].astext)
"""What an event says that its object is called, mostly where it was made or deleted; NULL in others."""
NAME_HASH = func.md5(NAME)
"""By which names are found."""
