"""Lists: sorted by any column, walked by cursor, or read in windows by offset.

A cursor holds the last row's sort value and id (keyset), so that rows added
meanwhile neither repeat nor hide others. Nulls, and NaN, come last either way.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from litestar.di import NamedDependency
from litestar.params import FromQuery
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui_server.lib.errors import Invalid

MAX_LIMIT = 500
MAX_OFFSET = 2**53


@dataclass(frozen=True)
class Order:
    """What a list is sorted by: a column, then the id, so that the order is total."""

    column: ColumnElement[Any]
    identity: ColumnElement[Any]
    descending: bool

    def clauses(self) -> list[ColumnElement[Any]]:
        if self.descending:
            return [self.column.desc().nulls_last(), self.identity.desc()]
        return [self.column.asc().nulls_last(), self.identity.asc()]

    def after(self, cursor: str) -> ColumnElement[bool]:
        """Rows that follow the one that `cursor` names. Raises Invalid for anything but a cursor of ours."""
        value, identity = decode_cursor(cursor)
        beyond = self.identity < identity if self.descending else self.identity > identity
        if value is None:
            return and_(self.column.is_(None), beyond)
        further = self.column < value if self.descending else self.column > value
        return or_(further, and_(self.column == value, beyond), self.column.is_(None))


def order_of(sort: str, columns: Mapping[str, ColumnElement[Any]], identity: ColumnElement[Any]) -> Order:
    """`-created_at` as an Order. Raises Invalid naming the columns there are."""
    name = sort.removeprefix("-")
    if name not in columns:
        raise Invalid(f"cannot sort by {name!r}; the columns are {', '.join(columns)}")
    return Order(columns[name], identity, sort.startswith("-"))


@dataclass(frozen=True)
class Window:
    """Which part of a list is asked for. A cursor wins over an offset."""

    limit: int
    cursor: str | None = None
    offset: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MAX_LIMIT:
            raise Invalid(f"limit is {self.limit}; it must be between 1 and {MAX_LIMIT}")
        if not 0 <= self.offset <= MAX_OFFSET:
            raise Invalid(f"offset is {self.offset}; it must be between 0 and {MAX_OFFSET}")


RequestWindow = NamedDependency[Window]
"""A handler's `window` parameter."""


def provide_window(
    limit: FromQuery[int] = 100, cursor: FromQuery[str | None] = None, offset: FromQuery[int] = 0
) -> Window:
    return Window(limit, cursor, offset)


async def fetch_page(
    session: AsyncSession, statement: Select[*tuple[Any, ...]], order: Order, window: Window
) -> tuple[list[Any], str | None, int]:
    """The window's rows, the cursor of the next page, and how many rows match. Two queries, whatever the size."""
    total = await session.scalar(select(func.count()).select_from(statement.order_by(None).subquery()))
    paged = statement.add_columns(order.column.label("sort_value"), order.identity.label("sort_id"))
    if window.cursor:
        paged = paged.where(order.after(window.cursor))
    elif window.offset:
        paged = paged.offset(window.offset)
    rows = list(await session.execute(paged.order_by(*order.clauses()).limit(window.limit + 1)))
    more = len(rows) > window.limit
    rows = rows[: window.limit]
    return rows, encode_cursor(rows[-1].sort_value, rows[-1].sort_id) if more else None, total or 0


def encode_cursor(value: Any, identity: UUID) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode((value, identity.bytes))).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[Any, UUID]:
    try:
        value, identity = msgspec.msgpack.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return value, UUID(bytes=identity)
    except (ValueError, TypeError, msgspec.DecodeError):
        raise Invalid(f"{cursor!r} is not a cursor that this list gave out") from None
