"""Lists, read page by page."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from mltui.wire.base import Page

T = TypeVar("T")
PAGE = 500
"""Rows that are asked for at a time."""


async def read_rows(fetch: Callable[..., Awaitable[Page[T]]], most: int | None = None) -> tuple[list[T], int]:
    """The first `most` of a list, or all of it, and how many there are. `fetch` takes `limit` and `cursor`."""
    found: list[T] = []
    cursor: str | None = None
    while True:
        page = await fetch(limit=PAGE if most is None else min(PAGE, most - len(found)), cursor=cursor)
        found += page.items
        cursor = page.next
        if cursor is None or len(found) == most:
            return found, page.total or 0
