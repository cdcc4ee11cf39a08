"""A disk without room, told from all else that goes wrong with what writes to it."""

import psycopg


def is_disk_full(error: BaseException) -> bool:
    """Whether Postgres says so, or SQLAlchemy for it."""
    return isinstance(getattr(error, "orig", error), psycopg.errors.DiskFull)


def tells_of_full_disk(words: str) -> bool:
    """Whether these are what systems say of it, whoever repeats them."""
    return "no space left on device" in words.lower()


def disk_full(what: str, where: str) -> str:
    """What has no room for more, and where there has to be some."""
    return f"disk full: {what}; free room on {where}"
