"""Ingestion jobs over REST, and the part of their worker that the server sees."""

import hashlib

import httpx

from tests.server.agents import claim, eventually, run_of

JOBS = "/api/v1/ingestion-jobs"
CONTENT = b"PAR1 a table PAR1"
SCHEMA = {"columns": [{"name": "id", "type": "BIGINT"}, {"name": "loss", "type": "DOUBLE"}]}
PROFILE = {
    "columns": [
        {"name": "id", "nulls": 0, "distinct": 2, "min": 1, "max": 2},
        {"name": "loss", "nulls": 1, "distinct": 1, "min": 0.5, "max": "NaN"},
    ],
    "sample": [[1, 0.5], [2, None]],
}


async def add(http: httpx.AsyncClient, uri: str = "/data/events.csv", **more) -> dict:
    answer = await http.post(JOBS, json={"uri": uri, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def do(http: httpx.AsyncClient, job: dict, verb: str, status: int = 200, **body) -> dict:
    answer = await http.post(f"{JOBS}/{job['id']}/{verb}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def job_of(http: httpx.AsyncClient, job: dict) -> dict:
    return (await http.get(f"{JOBS}/{job['id']}")).json()


async def until_job(http: httpx.AsyncClient, job: dict, status: str) -> dict:
    return await eventually(lambda: job_of(http, job), lambda found: found["status"] == status)


async def begin(http: httpx.AsyncClient, job: dict) -> str:
    """Start the job and claim its run's work, as an agent does. The execution's id."""
    started = await do(http, job, "start")
    return await claimed(http, started["run_id"])


async def claimed(http: httpx.AsyncClient, run: str) -> str:
    waiting = await eventually(lambda: run_of(http, run), lambda found: found["executions"])
    execution = waiting["executions"][0]["id"]
    assert (await claim(http, execution)).status_code == 200
    return execution


async def finish(http: httpx.AsyncClient, execution: str, **how) -> None:
    answer = await http.post(f"/api/v1/executions/{execution}/finish", json=how or {"exit_code": 0})
    assert answer.status_code == 200, answer.text


async def artifact_of(http: httpx.AsyncClient, run: str, name: str = "events.parquet") -> dict:
    digest = {"X-Content-SHA256": hashlib.sha256(CONTENT).hexdigest()}
    return (await http.put(f"/api/v1/runs/{run}/artifacts/{name}", content=CONTENT, headers=digest)).json()


async def complete(http: httpx.AsyncClient, job: dict, run: str, status: int = 200, **made) -> dict:
    artifact = await artifact_of(http, run)
    said = {"artifact": artifact["id"], "bytes": 200, "row_count": 2, "schema": SCHEMA, "profile": PROFILE, **made}
    return await do(http, job, "complete", status, run=run, made=said)
