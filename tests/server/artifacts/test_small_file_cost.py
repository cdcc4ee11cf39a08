"""What small files cost is counted, in requests, statements and waits for the disk; time would only guess."""

import base64
import hashlib
import os
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import event

from mltui.artifact_files import artifacts_at, save, upload_all
from mltui.client import Client
from mltui.wire.artifacts import SMALL_BYTES, SMALL_FILES, SMALL_TOTAL_BYTES

STATEMENTS = 7
"""About artifacts and events, however many files a request brings."""


@pytest.fixture
def statements(http) -> list[str]:
    found: list[str] = []
    engine = http.app.state.database.engine.sync_engine

    def note(*asked) -> None:
        # The rest is also what runs in the background.
        if "artifact" in asked[2] or "INSERT INTO event" in asked[2]:
            found.append(asked[2])

    event.listen(engine, "before_cursor_execute", note)
    return found


@pytest.fixture
def client(http) -> Client:
    client = Client("http://testserver.local", transport=http._transport)
    client.requests = []

    async def note(request) -> None:
        client.requests.append(f"{request.method} {request.url.path}")

    client._http.event_hooks = {"request": [note]}
    return client


def files(folder: Path, sizes: list[int]) -> list[tuple[Path, str]]:
    made = []
    for number, size in enumerate(sizes):
        (folder / f"{number:03}").write_bytes(os.urandom(size))
        made.append((folder / f"{number:03}", f"many/{number:03}"))
    return made


async def upload(client, run, some) -> list[str]:
    return [row.name async for row in upload_all(client, run, some, lambda *_: None)]


async def test_many_small_files_share_a_request_and_its_statements(client, run, statements, tmp_path):
    some = files(tmp_path, [10_000] * 150)
    await upload(client, run, some[:1])
    client.requests.clear()
    statements.clear()
    assert await upload(client, run, some) == [name for _, name in some]
    assert client.requests == [f"POST /api/v1/runs/{run}/artifacts/small"] * 2
    assert len(statements) == 2 * STATEMENTS, "\n".join(statements)


async def test_they_come_back_together_too(client, run, statements, tmp_path):
    some = files(tmp_path, [10_000] * 150)
    await upload(client, run, some)
    rows = await artifacts_at(client, run, "many")
    client.requests.clear()
    statements.clear()
    assert await save(client, rows, tmp_path / "back", progress=lambda _: None) == 150
    assert (client.requests, len(statements)) == (["GET /api/v1/artifacts/small"] * 2, 2)
    assert [(tmp_path / "back" / name).read_bytes() for _, name in some] == [file.read_bytes() for file, _ in some]
    (tmp_path / "back" / some[7][1]).unlink()
    assert await save(client, rows, tmp_path / "back", progress=lambda _: None) == 1


async def test_what_cannot_come_together_is_said(http, run):
    def get(*ids: str):
        return http.get("/api/v1/artifacts/small", params={"ids": ",".join(ids)})

    big = (await http.put(f"/api/v1/runs/{run}/artifacts/big", content=bytes(SMALL_TOTAL_BYTES + 1))).json()["id"]
    none = str(uuid4())
    for answer, status, said in (
        (await get(big), 422, "more than 4 MiB"), (await get(none), 404, none), (await get("x"), 404, "'x'"),
    ):  # fmt: skip
        assert (answer.status_code, said in answer.json()["detail"]) == (status, True), answer.text


async def test_each_file_is_checked_and_all_or_none_come(http, run):
    def small(name: str, content: bytes, sha256: str = "") -> dict[str, str]:
        right = hashlib.sha256(content).hexdigest()
        return {"name": name, "content": base64.b64encode(content).decode(), "sha256": sha256 or right}

    url = f"/api/v1/runs/{run}/artifacts/small"
    for wrong, said in (
        (small("b", b"2", "0" * 64), "$[1].content: its SHA-256 is"),
        (small("a", b"2"), "$[1].name: 'a' is there twice"),
        (small("../b", b"2"), "names joined by /"),
        (small("b", bytes(SMALL_BYTES + 1)), "262144"),
        (small("b", b"2") | {"storage_type": "S3"}, "no artifact store of type S3"),
    ):
        answer = await http.post(url, json=[small("a", b"1"), wrong])
        assert (answer.status_code in (400, 422), said in answer.text) == (True, True), answer.text
    for count, said in ((0, "it must not be empty"), (SMALL_FILES + 1, "it may have at most 100 entries")):
        answer = await http.post(url, json=[small(str(number), b"1") for number in range(count)])
        assert (answer.status_code, answer.json()["detail"]) == (422, f"$: {said}")
    assert (await http.get(f"/api/v1/runs/{run}/artifacts")).json()["total"] == 0
    first = (await http.post(url, json=[small("a", b"1"), small("b", b"1"), small("empty", b"")])).json()
    again = (await http.post(url, json=[small("b", b"1"), small("a", b"2")])).json()
    assert [row["name"] for row in first] == ["a", "b", "empty"]
    assert (again[0]["id"], again[1]["id"] != first[0]["id"]) == (first[1]["id"], True)
    assert (await http.get(f"/api/v1/artifacts/{again[1]['id']}/content")).content == b"2"
    events = (await http.get("/api/v1/events", params={"action": "artifact.create"})).json()["items"]
    assert (len(events), events[0]["before"]) == (4, {"id": first[0]["id"]})
    assert (await http.get("/api/v1/artifacts/garbage")).json()["objects"] == 0, "b has what a had"
