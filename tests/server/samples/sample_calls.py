"""Calls that tests of samples share: a run to write to, and waiting until what was sent is readable."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx

from mltui_server.lib.ids import new_id

DEADLINE_S = 20.0


async def register_run(http: httpx.AsyncClient) -> UUID:
    run = new_id()
    answer = await http.post("/api/v1/runs", json={"id": str(run), "name": "samples"})
    assert answer.status_code == 201, answer.text
    return run


async def until(condition: Callable[[], Awaitable[Any]]) -> Any:
    """What `condition` says once it is true; fails after DEADLINE_S."""
    deadline = time.monotonic() + DEADLINE_S
    while not (result := await condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)
    return result


async def summaries(http: httpx.AsyncClient, run: UUID, samples: int) -> dict[str, dict[str, Any]]:
    """The run's series by key, once they hold so many samples in all."""

    async def enough() -> dict[str, dict[str, Any]] | None:
        answer = await http.get(f"/api/v1/runs/{run}/series/keys")
        assert answer.status_code == 200, answer.text
        rows = {row["key"]: row for row in answer.json()}
        total = sum(row["count"] for row in rows.values())
        assert total <= samples, "more samples than were sent"
        return rows if total == samples else None

    return await until(enough)
