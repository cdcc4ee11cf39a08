"""What small files cost is counted, in requests, statements and waits for the disk; time would only guess."""

import base64
import hashlib
import os
from pathlib import Path

import pytest
from sqlalchemy import event

from mltui.artifact_files import upload_all
from mltui.client import Client
from mltui.wire.artifacts import SMALL_BYTES

STATEMENTS = 11
"""However many files a request brings."""


@pytest.fixture
def statements(http) -> list[str]:
    found: list[str] = []
    engine = http.app.state.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *asked: found.append(asked[2]))
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
    assert len(statements) <= 2 * STATEMENTS, "\n".join(statements)


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
    assert (await http.get(f"/api/v1/runs/{run}/artifacts")).json()["total"] == 0
    first = (await http.post(url, json=[small("a", b"1"), small("b", b"1"), small("empty", b"")])).json()
    again = (await http.post(url, json=[small("b", b"1"), small("a", b"2")])).json()
    assert [row["name"] for row in first] == ["a", "b", "empty"]
    assert (again[0]["id"], again[1]["id"] != first[0]["id"]) == (first[1]["id"], True)
    assert (await http.get(f"/api/v1/artifacts/{again[1]['id']}/content")).content == b"2"
    events = (await http.get("/api/v1/events", params={"action": "artifact.create"})).json()["items"]
    assert (len(events), events[0]["before"]) == (4, {"id": first[0]["id"]})
    assert (await http.get("/api/v1/artifacts/garbage")).json()["objects"] == 0, "b has what a had"
