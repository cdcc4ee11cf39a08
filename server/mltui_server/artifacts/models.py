"""Table: object_deletion."""

from datetime import datetime

from sqlalchemy import func
from sqlalchemy.orm import Mapped, mapped_column

from mltui_server.db.base import Base


class ObjectDeletion(Base):
    """An object that nothing refers to any more and that is still to be deleted from the artifact store."""

    __tablename__ = "object_deletion"

    path: Mapped[str] = mapped_column(primary_key=True)
    requested_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
