"""How long something took, or has been going on."""

from datetime import UTC, datetime


def seconds_between(start: datetime | None, end: datetime | None) -> float | None:
    """Seconds from `start` to `end`, or up to now while it has not ended. None before it starts."""
    if start is None:
        return None
    return max(0.0, ((end or datetime.now(UTC)) - start).total_seconds())
