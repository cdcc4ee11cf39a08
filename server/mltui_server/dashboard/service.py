"""Putting the dashboard's answers together."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.dashboard import MAX_DAYS, RECENT_DAYS, Day, Overview, Stats, Trends
from mltui.wire.health import Component
from mltui.wire.samples import InboxState
from mltui.wire.states import Status
from mltui_server.dashboard import queries
from mltui_server.dashboard.attention import needs_attention
from mltui_server.dashboard.storage import StorageGauge
from mltui_server.lib.errors import Invalid

RECENT = timedelta(days=RECENT_DAYS)
OFFSET = re.compile(r"([+-])(\d\d):([0-5]\d)")


async def stats(session: AsyncSession) -> Stats:
    counts = await queries.counts_by_state(session)
    models, versions = await queries.counts_of_models(session)
    runs = counts["runs"]
    completed, failed, median = await queries.outcomes(session, datetime.now(UTC) - RECENT)
    return Stats(
        counts=counts,
        models=models,
        model_versions=versions,
        running=runs.get(Status.RUNNING, 0) + runs.get(Status.CANCELLING, 0),
        queued=runs.get(Status.PENDING, 0) + runs.get(Status.QUEUED, 0),
        success_rate=completed / (completed + failed) if completed or failed else None,
        median_duration=median,
    )


async def trends(session: AsyncSession, days: int, tz: str) -> Trends:
    """Raises Invalid."""
    if not 1 <= days <= MAX_DAYS:
        raise Invalid(f"days={days}; it must be between 1 and {MAX_DAYS}")
    borders = midnights(datetime.now(UTC), days, zone_of(tz))
    found = await queries.ended_between(session, borders)
    nothing = queries.Ended(0, 0, 0, None)
    return Trends(
        tz=tz,
        days=[
            Day(date=start.date(), **found.get(number, nothing)._asdict())
            for number, (start, _) in enumerate(pairwise(borders))
        ],
    )


async def overview(
    session: AsyncSession, gauge: StorageGauge, inbox: InboxState, components: Sequence[Component]
) -> Overview:
    now = datetime.now(UTC)
    attention, counts = await needs_attention(session, now, inbox, components)
    return Overview(
        stats=await stats(session),
        slowest=await queries.slowest_stages(session, now - RECENT),
        storage=await gauge.read(session),
        attention=attention,
        attention_counts=counts,
    )


def midnights(now: datetime, days: int, zone: tzinfo) -> list[datetime]:
    """When each of the last `days` days began in `zone`, and when today ends: `days` + 1 moments."""
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    # Wall clock arithmetic: a day on which clocks change has 23 or 25 hours.
    return [today + timedelta(days=day) for day in range(1 - days, 2)]


def zone_of(name: str) -> tzinfo:
    """`Europe/Berlin`, or `+02:00`. Raises Invalid."""
    if found := OFFSET.fullmatch(name):
        offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
        if offset < timedelta(days=1):
            return timezone(-offset if found[1] == "-" else offset)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # Of a folder of zones, as America is, reading fails.
        raise Invalid(f"no time zone {name!r}; write a name as in Europe/Berlin, or an offset as in +02:00") from None
