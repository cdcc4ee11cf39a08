"""The part of an agent that the server sees, played over HTTP: tests decide when and how a command ends."""

import asyncio
import time
from typing import Any

import httpx

WAIT_S = 10.0


async def eventually(ask, wanted, within_s: float = WAIT_S) -> Any:
    """Ask until the answer satisfies `wanted`; fail with the last answer."""
    deadline = time.monotonic() + within_s
    while True:
        answer = await ask()
        if wanted(answer):
            return answer
        assert time.monotonic() < deadline, f"still: {answer}"
        await asyncio.sleep(0.02)


async def run_of(http: httpx.AsyncClient, run_id: str) -> dict[str, Any]:
    response = await http.get(f"/api/v1/runs/{run_id}")
    assert response.status_code == 200, response.text
    return response.json()


async def until_run(http: httpx.AsyncClient, run_id: str, wanted) -> dict[str, Any]:
    return await eventually(lambda: run_of(http, run_id), wanted)


async def until_status(http: httpx.AsyncClient, run_id: str, status: str) -> dict[str, Any]:
    return await until_run(http, run_id, lambda run: run["status"] == status)


def stage(run: dict[str, Any], name: str) -> dict[str, Any]:
    return next(stage for stage in run["stages"] if stage["name"] == name)


def statuses(run: dict[str, Any]) -> dict[str, str]:
    return {stage["name"]: stage["status"] for stage in run["stages"]}


async def queued_execution(http: httpx.AsyncClient, run_id: str, name: str) -> str:
    """The id of the execution that waits for an agent to run this stage."""
    run = await until_run(http, run_id, lambda run: stage(run, name)["status"] == "queued")
    return stage(run, name)["execution_id"]


async def claim(http: httpx.AsyncClient, execution_id: str, agent: str = "agent-1", **changes: Any) -> httpx.Response:
    body = {"agent": agent, "host": "elsewhere", "boot_id": "b", "agent_pid": 1} | changes
    return await http.post(f"/api/v1/executions/{execution_id}/claim", json=body)


async def play(http: httpx.AsyncClient, run_id: str, name: str, **finish: Any) -> str:
    """Claim the stage's waiting execution and end it at once; exit code 0 unless told otherwise."""
    execution_id = await queued_execution(http, run_id, name)
    assert (await claim(http, execution_id)).status_code == 200
    response = await http.post(f"/api/v1/executions/{execution_id}/finish", json=finish or {"exit_code": 0})
    assert response.status_code == 200, response.text
    return execution_id


async def make_pipeline(http: httpx.AsyncClient, name: str = "p", **changes: Any) -> dict[str, Any]:
    body = {"name": name, "stages": [{"name": "a", "command": "true"}]} | changes
    response = await http.post("/api/v1/pipelines", json=body)
    assert response.status_code == 201, response.text
    return response.json()


async def start(http: httpx.AsyncClient, pipeline: str = "p", **changes: Any) -> str:
    response = await http.post(f"/api/v1/pipelines/{pipeline}/runs", json=changes)
    assert response.status_code == 201, response.text
    return response.json()["id"]
