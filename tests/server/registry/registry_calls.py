"""Calls that tests of models and lineage share: runs with files, datasets that runs read, versions, moves."""

from typing import Any
from uuid import UUID

import httpx

from mltui_server.datasets.models import Dataset, RunInput
from mltui_server.ingestion.models import IngestionJob
from mltui_server.lib.ids import new_id

MODELS = "/api/v1/models"


async def make_run(http: httpx.AsyncClient, name: str = "digits-1", **more: Any) -> str:
    answer = await http.post("/api/v1/runs", json={"name": name, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def put_file(http: httpx.AsyncClient, run: str, name: str = "model.pt", content: bytes = b"weights") -> str:
    answer = await http.put(f"/api/v1/runs/{run}/artifacts/{name}", content=content)
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


async def add_dataset(database, artifact: str, name: str = "digits.parquet", **more: Any) -> UUID:
    async with database.session() as session:
        dataset = Dataset(artifact_id=UUID(artifact), name=name, format="parquet", created_by="ada", **more)
        session.add(dataset)
        await session.flush()
        return dataset.id


async def add_input(database, run: str, dataset: UUID) -> None:
    async with database.session() as session:
        session.add(RunInput(run_id=UUID(run), dataset_id=dataset))


async def add_job(database, name: str = "daily digits", **more: Any) -> UUID:
    async with database.session() as session:
        job = IngestionJob(
            id=new_id(), name=name, status="completed", runner="outside", created_by="ada",
            **{"uri": "https://data.example/digits.csv", **more},
        )  # fmt: skip
        session.add(job)
        return job.id


async def register(http: httpx.AsyncClient, name: str = "digits", **body: Any) -> dict[str, Any]:
    source = {} if body.keys() & {"run", "artifact", "uri"} else {"uri": "s3://models/digits.onnx"}
    answer = await http.post(f"{MODELS}/{name}/versions", json=source | body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def move_alias(http: httpx.AsyncClient, alias: str, version: int | None, who: str = "ada", **more: Any) -> Any:
    body = {"version": version, "reason": "it is better", **more}
    return await http.put(f"{MODELS}/digits/aliases/{alias}", json=body, headers={"X-Mltui-User": who})


async def move_stage(http: httpx.AsyncClient, version: int, stage: str, who: str = "ada", **more: Any) -> Any:
    body = {"stage": stage, "reason": "it passed", **more}
    return await http.post(f"{MODELS}/digits/versions/{version}/stage", json=body, headers={"X-Mltui-User": who})


async def decide(http: httpx.AsyncClient, approval: str, verb: str, who: str, reason: str = "looked at it") -> Any:
    path = f"{MODELS}/digits/approvals/{approval}/{verb}"
    return await http.post(path, json={"reason": reason}, headers={"X-Mltui-User": who})


async def events_of(http: httpx.AsyncClient, action: str) -> list[dict[str, Any]]:
    return (await http.get("/api/v1/events", params={"action": action})).json()["items"]
