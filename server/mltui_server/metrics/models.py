"""Table: metric."""

from sqlalchemy.orm import Mapped, mapped_column

from mltui_server.db.base import Entity


class Metric(Entity):
    __tablename__ = "metric"

    name: Mapped[str] = mapped_column(unique=True)
    type: Mapped[str]
    label_keys: Mapped[list[str]]
    unit: Mapped[str] = mapped_column(server_default="")
    description: Mapped[str] = mapped_column(server_default="")
