"""The part of an agent that ships a log, and direct access to what the server keeps of it."""

from uuid import UUID

import httpx
import msgspec
from uuid_utils import uuid7

from mltui.wire.logs import MAX_RECORD_BYTES, STDOUT, LogChunk, LogRecord


async def begin(http: httpx.AsyncClient) -> tuple[str, str]:
    """A run with one execution that is running: ids of both."""
    body = {
        "id": str(uuid7()), "run_id": str(uuid7()), "run_name": "outside", "command": ["true"], "directory": "/",
        "host": "h", "boot_id": "b", "agent_pid": 1, "started_at": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    response = await http.post("/api/v1/executions", json=body)
    assert response.status_code == 201, response.text
    return body["run_id"], body["id"]


async def end(http: httpx.AsyncClient, execution_id: str) -> None:
    response = await http.post(f"/api/v1/executions/{execution_id}/finish", json={"exit_code": 0})
    assert response.status_code == 200, response.text


async def ship(http: httpx.AsyncClient, execution_id: str, seq: int, records: list[LogRecord]) -> httpx.Response:
    return await http.post(
        f"/api/v1/executions/{execution_id}/log",
        content=msgspec.msgpack.encode(LogChunk(seq, records)),
        headers={"content-type": "application/msgpack"},
    )


def records(*bodies: bytes, stream: int = STDOUT, first_time: int = 1_000) -> list[LogRecord]:
    return [LogRecord(first_time + i, stream, body) for i, body in enumerate(bodies)]


def split(line: bytes) -> list[LogRecord]:
    """One line as an agent splits it."""
    return records(*(line[i : i + MAX_RECORD_BYTES] for i in range(0, len(line), MAX_RECORD_BYTES)))


async def page(http: httpx.AsyncClient, execution_id: str, **query) -> dict:
    query = {("from" if key == "first" else key): value for key, value in query.items()}
    response = await http.get(f"/api/v1/executions/{execution_id}/log", params=query)
    assert response.status_code == 200, response.text
    return response.json()


async def raw(http: httpx.AsyncClient, execution_id: str, stream: str = "all", **query) -> bytes:
    query = {("from" if key == "first" else key): value for key, value in query.items()}
    response = await http.get(f"/api/v1/executions/{execution_id}/log/raw", params={"stream": stream, **query})
    assert response.status_code == 200, response.text
    return response.content


async def search(http: httpx.AsyncClient, execution_id: str, q: str, **query) -> dict:
    query = {("from" if key == "first" else key): value for key, value in query.items()}
    response = await http.get(f"/api/v1/executions/{execution_id}/log/search", params={"q": q, **query})
    assert response.status_code == 200, response.text
    return response.json()


async def found(http: httpx.AsyncClient, execution_id: str, q: str, **query) -> list[int]:
    """Numbers of all lines that match, however many calls it takes."""
    numbers: list[int] = []
    first: int | None = 0
    while first is not None:
        answer = await search(http, execution_id, q, first=first, **query)
        numbers += [line["n"] for line in answer["lines"]]
        first = answer["next"]
    return numbers


async def hot_chunks(database, execution_id: str) -> int:
    """Chunks of the log that are in Postgres."""
    async with database.pool.connection() as connection:
        counting = "SELECT count(*) FROM log_chunk WHERE execution_id = %s AND body IS NOT NULL"
        row = await (await connection.execute(counting, [UUID(execution_id)])).fetchone()
    return row[0]
