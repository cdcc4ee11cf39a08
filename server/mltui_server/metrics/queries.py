"""Reading metrics' definitions."""

from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.base import Page
from mltui.wire.metrics import MetricRow, MetricType
from mltui_server.lib.pagination import Window, fetch_page, order_of
from mltui_server.metrics.models import Metric

SORTABLE: dict[str, ColumnElement[Any]] = {
    name: getattr(Metric, name).expression for name in ("name", "type", "created_at", "updated_at")
}
_columns = [getattr(Metric, name) for name in MetricRow.__struct_fields__]


async def list_metrics(
    session: AsyncSession, window: Window, sort: str, text: str | None, type_: MetricType | None
) -> Page[MetricRow]:
    """`text`: part of the name or the description, in any case."""
    statement = select(*_columns)
    if text:
        searched = (Metric.name, Metric.description)
        statement = statement.where(or_(*(column.icontains(text, autoescape=True) for column in searched)))
    if type_:
        statement = statement.where(Metric.type == type_.value)
    rows, following, total = await fetch_page(
        session, statement, order_of(sort, SORTABLE, Metric.id.expression), window
    )
    return Page(items=[metric_row(row) for row in rows], next=following, total=total)


def metric_row(row: Any) -> MetricRow:
    """From a Metric, or a row of its columns."""
    values = {name: getattr(row, name) for name in MetricRow.__struct_fields__}
    return MetricRow(**values | {"id": str(row.id), "type": MetricType(row.type)})
