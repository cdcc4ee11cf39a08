"""Reading metrics' definitions, and what Postgres keeps of their points."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.base import Page
from mltui.wire.metrics import MetricRow, MetricType
from mltui_server.db.base import DELETED_TOO
from mltui_server.lib.pagination import Window, fetch_page, order_of
from mltui_server.metrics.models import Metric, MetricLabelSet

SORTABLE: dict[str, ColumnElement[Any]] = {
    name: getattr(Metric, name).expression for name in ("name", "type", "created_at", "updated_at")
}
_points = (
    select(
        func.count().label("label_sets"),
        func.coalesce(func.sum(MetricLabelSet.points), 0).label("points"),
        func.min(MetricLabelSet.first_time).label("first_time"),
        func.max(MetricLabelSet.last_time).label("last_time"),
    )
    .where(MetricLabelSet.metric_id == Metric.id)
    .lateral("summary")
)
_columns = [_points.c[name] if name in _points.c else getattr(Metric, name) for name in MetricRow.__struct_fields__]


def _rows() -> Select[*tuple[Any, ...]]:
    return select(*_columns).join_from(Metric, _points, true())


async def list_metrics(
    session: AsyncSession, window: Window, sort: str, text: str | None, type_: MetricType | None
) -> Page[MetricRow]:
    """`text`: part of the name or the description, in any case."""
    statement = _rows()
    if text:
        searched = (Metric.name, Metric.description)
        statement = statement.where(or_(*(column.icontains(text, autoescape=True) for column in searched)))
    if type_:
        statement = statement.where(Metric.type == type_.value)
    rows, following, total = await fetch_page(
        session, statement, order_of(sort, SORTABLE, Metric.id.expression), window
    )
    return Page(items=[_row(row) for row in rows], next=following, total=total)


async def metric_row(session: AsyncSession, metric: UUID) -> MetricRow:
    """Of a metric that exists, or is deleted."""
    statement = _rows().where(Metric.id == metric).execution_options(**{DELETED_TOO: True})
    return _row((await session.execute(statement)).one())


def _row(row: Any) -> MetricRow:
    values = {name: getattr(row, name) for name in MetricRow.__struct_fields__}
    return MetricRow(**values | {"id": str(row.id), "type": MetricType(row.type), "points": int(row.points)})
