"""How each part is, with its version and latency, and what to do where something is wrong."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from sqlalchemy import func, select, text

from mltui import __version__
from mltui.wire.health import Component, Health, Level
from mltui.wire.states import Status
from mltui_server.db import upgrade
from mltui_server.db.database import Database
from mltui_server.lib.problems import DATABASE_AWAY
from mltui_server.runs.models import Run

CHECK_WITHIN_S = 3.0

Check = Callable[[], Awaitable[Component | list[Component]]]


async def health(checks: dict[str, Check], started: float) -> Health:
    """Run all checks side by side. One that hangs or raises is `down`; it does not take the others with it."""
    results = await asyncio.gather(*(_checked(name, check) for name, check in checks.items()))
    components = [component for result in results for component in result]
    return Health(
        status=_worst(components),
        version=__version__,
        uptime_s=time.monotonic() - started,
        components=components,
    )


def _worst(components: list[Component]) -> Level:
    levels = {component.status for component in components}
    return "down" if "down" in levels else "degraded" if "degraded" in levels else "ok"


async def _checked(name: str, check: Check) -> list[Component]:
    try:
        async with asyncio.timeout(CHECK_WITHIN_S):
            result = await check()
    except TimeoutError:
        return [Component(name=name, status="down", detail=f"no answer within {CHECK_WITHIN_S:g} s")]
    except DATABASE_AWAY as error:
        return [Component(name=name, status="down", detail=f"the database cannot be reached: {first_line(error)}")]
    except Exception as error:
        return [Component(name=name, status="down", detail=first_line(error))]
    return result if isinstance(result, list) else [result]


def first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


async def check_postgres(database: Database, kind: str) -> Component:
    """Answers, and has the schema that this version needs. `kind` is embedded or external."""
    began = time.perf_counter()
    async with database.engine.connect() as connection:
        version = await connection.scalar(text("SHOW server_version"))
        latency = (time.perf_counter() - began) * 1000
        revision = await connection.run_sync(upgrade.current)
    wanted = upgrade.newest()
    stale = revision != wanted
    return Component(
        name="postgres",
        status="degraded" if stale else "ok",
        version=str(version),
        latency_ms=round(latency, 2),
        detail=f"schema {revision}, this version needs {wanted}: run `mltui db upgrade`" if stale else kind,
    )


async def check_scheduler(database: Database, places: int) -> Component:
    async with database.session() as session:
        rows = await session.execute(
            select(Run.status, func.count())
            .where(Run.stage_count > 0, Run.status.in_([s.value for s in (Status.QUEUED, Status.RUNNING)]))
            .group_by(Run.status)
        )
    counts = {status: count for status, count in rows}
    running, queued = counts.get("running", 0), counts.get("queued", 0)
    return Component(name="scheduler", status="ok", detail=f"{running} of {places} places taken, {queued} waiting")
