"""Runs that fail, and asking why."""

from datetime import UTC, datetime

from msgspec import msgpack

from mltui.wire.logs import STDERR, LogChunk, LogRecord
from tests.server.agents import claim, eventually, queued_execution, start, until_status


async def ask(http, run_id):
    response = await http.get(f"/api/v1/runs/{run_id}/why")
    assert response.status_code == 200, response.text
    return response.json()


async def ship(http, execution_id, lines, stream=STDERR, seq=1):
    records = [LogRecord(seq * 10**6 + i, stream, f"{line}\n".encode()) for i, line in enumerate(lines)]
    response = await http.post(
        f"/api/v1/executions/{execution_id}/log",
        content=msgpack.encode(LogChunk(seq, records)),
        headers={"content-type": "application/msgpack"},
    )
    assert response.status_code == 204, response.text


async def fail(http, run_id, name="a", lines=(), **finish):
    """Have a stage's command end badly, after it said these lines."""
    execution_id = await queued_execution(http, run_id, name)
    assert (await claim(http, execution_id)).status_code == 200
    if lines:
        await ship(http, execution_id, lines)
    response = await http.post(f"/api/v1/executions/{execution_id}/finish", json=finish or {"exit_code": 1})
    assert response.status_code == 200, response.text
    return execution_id


async def failed(http, lines=(), *, pipeline="p", parameters=None, **finish):
    """A run of a pipeline of one stage that ended badly, and what is known of why."""
    run_id = await start(http, pipeline, parameters=parameters or {})
    await fail(http, run_id, "a", lines, **finish)
    await until_status(http, run_id, "failed")
    return await ask(http, run_id)


async def samples(http, run_id, series):
    """Samples by key, once they can be read."""
    body = [
        {"key": key, "times": list(range(10**9, 10**9 + len(values))), "values": values}
        | ({} if key.startswith("sys/") else {"steps": list(range(len(values)))})
        for key, values in series.items()
    ]
    assert (await http.post(f"/api/v1/runs/{run_id}/samples", json={"series": body})).status_code == 202

    async def known():
        return {one["key"] for one in (await http.get(f"/api/v1/runs/{run_id}/series/keys")).json()}

    await eventually(known, lambda keys: keys >= series.keys())


async def code(http, run_id, **said):
    body = {"captured_at": datetime.now(UTC).isoformat(), "scope": "a"} | said
    assert (await http.post(f"/api/v1/runs/{run_id}/code", json=body)).status_code == 204
