"""Artifacts over REST: announced, sent in pieces or whole, read in ranges, kept once, deleted and collected."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from litestar.testing import AsyncTestClient
from sqlalchemy import text

from mltui_server.app import create_app
from mltui_server.artifacts.uploads import Uploads
from mltui_server.lib.errors import Conflict, Unavailable
from mltui_server.lib.ids import new_id

CONTENT = bytes(range(256)) * 5_000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


async def announce(http, run: str, name="model.pt", content=CONTENT, **more) -> dict:
    body = {"name": name, "file_size": len(content), "sha256": hashlib.sha256(content).hexdigest(), **more}
    answer = await http.post(f"/api/v1/runs/{run}/artifacts", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def send(http, id_: str, offset: int, piece: bytes) -> httpx.Response:
    return await http.patch(f"/api/v1/artifacts/{id_}/content", content=piece, headers={"Upload-Offset": str(offset)})


async def put(http, run: str, name: str, content: bytes, **params) -> dict:
    answer = await http.put(f"/api/v1/runs/{run}/artifacts/{name}", content=content, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def objects(settings) -> list[Path]:
    return [file for file in (settings.data_path / "artifacts" / "objects").rglob("*") if file.is_file()]


async def test_a_file_goes_up_in_pieces_and_comes_down_whole(http, run, settings):
    made = await announce(http, run, description="the last one", artifact_metadata={"epoch": 3})
    assert (made["status"], made["received"], made["artifact_type"]) == ("uploading", 0, "MODEL")
    assert (await http.get("/api/v1/artifacts", params={"run": run})).json()["items"] == []
    half = (await send(http, made["id"], 0, CONTENT[:500_000])).json()
    assert (half["status"], half["received"]) == ("uploading", 500_000)
    whole = (await send(http, made["id"], 500_000, CONTENT[500_000:])).json()
    assert (whole["status"], whole["sha256"], whole["file_name"]) == ("ready", DIGEST, "model.pt")
    assert (whole["storage_type"], whole["storage_config"], whole["created_by"]) == ("LOCAL", {}, "ada")
    [listed] = (await http.get("/api/v1/artifacts", params={"run": run})).json()["items"]
    assert listed == whole
    answer = await http.get(f"/api/v1/artifacts/{made['id']}/content")
    assert answer.content == CONTENT
    assert answer.headers["ETag"] == f'"{DIGEST}"'
    assert "model.pt" in answer.headers["Content-Disposition"]
    assert not list((settings.data_path / "uploads").iterdir())
    [event] = (await http.get("/api/v1/events", params={"action": "artifact.create"})).json()["items"]
    assert (event["object_id"], event["after"]["name"]) == (made["id"], "model.pt")


@pytest.mark.parametrize(("asked", "start", "stop"), [
    ("bytes=0-0", 0, 1), ("bytes=10-", 10, None), ("bytes=-5", -5, None), ("bytes=100-99999999", 100, None),
])  # fmt: skip
async def test_a_range_is_what_was_asked_for(http, run, asked, start, stop):
    made = await put(http, run, "a.bin", CONTENT)
    answer = await http.get(f"/api/v1/artifacts/{made['id']}/content", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, CONTENT[start:stop])
    first = start % len(CONTENT)
    assert answer.headers["Content-Range"] == f"bytes {first}-{first + len(answer.content) - 1}/{len(CONTENT)}"


async def test_ranges_that_cannot_be_and_what_is_known_already(http, run):
    made = await put(http, run, "a.bin", CONTENT)
    url = f"/api/v1/artifacts/{made['id']}/content"
    beyond = await http.get(url, headers={"Range": f"bytes={len(CONTENT)}-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(CONTENT)}")
    assert "1,280,000 bytes" in beyond.json()["detail"]
    for header in ("bytes=1-2,5-6", "lines=1-2", "bytes=-"):
        assert (await http.get(url, headers={"Range": header})).status_code == 200
    known = await http.get(url, headers={"If-None-Match": f'"{DIGEST}"'})
    assert (known.status_code, known.content) == (304, b"")
    about = await http.head(url)
    assert (about.headers["Content-Length"], about.content) == (str(len(CONTENT)), b"")


async def test_the_same_content_is_kept_once_and_not_sent_again(http, run, settings):
    await put(http, run, "first.pt", CONTENT)
    again = await announce(http, run, "folder/second.pt")
    assert (again["status"], again["received"]) == ("ready", len(CONTENT))
    await put(http, run, "third.pt", CONTENT)
    assert len(objects(settings)) == 1
    names = [row["name"] for row in (await http.get("/api/v1/artifacts", params={"run": run})).json()["items"]]
    assert names == ["first.pt", "folder/second.pt", "third.pt"]


async def test_announced_again_it_is_the_same_upload(http, run):
    made = await announce(http, run)
    await send(http, made["id"], 0, CONTENT[:1000])
    again = await announce(http, run)
    assert (again["id"], again["received"]) == (made["id"], 1000)


async def test_an_upload_goes_on_with_the_next_server(settings):
    async with AsyncTestClient(create_app(settings, settings.database_url)) as http:
        run = (await http.post("/api/v1/runs", json={"name": "one"})).json()["id"]
        made = await announce(http, run)
        await send(http, made["id"], 0, CONTENT[:300_000])
    async with AsyncTestClient(create_app(settings, settings.database_url)) as http:
        assert (await http.get(f"/api/v1/artifacts/{made['id']}")).json()["received"] == 300_000
        assert (await send(http, made["id"], 300_000, CONTENT[300_000:])).json()["status"] == "ready"


async def test_a_piece_that_does_not_fit_is_refused_and_nothing_is_lost(http, run):
    made = await announce(http, run)
    await send(http, made["id"], 0, CONTENT[:1000])
    refused = await send(http, made["id"], 500, b"x")
    assert refused.status_code == 409
    assert "1,000 have come" in refused.json()["detail"]
    refused = await send(http, made["id"], 1000, CONTENT)
    assert refused.status_code == 422
    assert "1,280,000 bytes that were announced" in refused.json()["detail"]
    assert (await http.get(f"/api/v1/artifacts/{made['id']}")).json()["received"] == 1000
    await send(http, made["id"], 1000, CONTENT[1000:])
    refused = await send(http, made["id"], len(CONTENT), b"x")
    assert (refused.status_code, "is ready" in refused.json()["detail"]) == (409, True)


async def test_what_is_not_what_was_announced_begins_anew(http, run):
    made = await announce(http, run)
    wrong = await send(http, made["id"], 0, b"x" * len(CONTENT))
    assert wrong.status_code == 422
    assert DIGEST in wrong.json()["detail"]
    assert (await http.get(f"/api/v1/artifacts/{made['id']}")).json()["received"] == 0
    assert (await send(http, made["id"], 0, CONTENT)).json()["status"] == "ready"
    wrong = await http.put(f"/api/v1/runs/{run}/artifacts/b", content=b"other", headers={"X-Content-SHA256": DIGEST})
    assert wrong.status_code == 422
    assert (await http.get("/api/v1/artifacts", params={"run": run})).json()["total"] == 1


async def test_what_came_of_a_body_that_broke_off_stays(tmp_path):
    uploads, id_ = Uploads(tmp_path / "uploads"), new_id()

    async def broken() -> AsyncIterator[bytes]:
        yield CONTENT[:1_100_000]
        raise ConnectionError

    async def rest(start: int) -> AsyncIterator[bytes]:
        yield CONTENT[start:]

    with pytest.raises(ConnectionError):
        await uploads.add(id_, 0, broken())
    received = uploads.received(id_)
    assert 0 < received <= 1_100_000
    assert await uploads.add(id_, received, rest(received)) == len(CONTENT)
    assert await uploads.digest(id_) == DIGEST
    assert await Uploads(tmp_path / "uploads").digest(id_) == DIGEST, "also when nobody remembers what came before"


async def test_a_piece_of_which_nothing_more_comes_makes_room_for_others(tmp_path, monkeypatch):
    uploads, id_ = Uploads(tmp_path / "uploads"), new_id()
    monkeypatch.setattr("mltui_server.artifacts.uploads.IDLE_S", 0.05)

    async def silent() -> AsyncIterator[bytes]:
        yield CONTENT[:1_100_000]
        await asyncio.Event().wait()

    with uploads.alone(id_):
        with pytest.raises(Unavailable, match="nothing more came"):
            await uploads.add(id_, 0, silent())
        with pytest.raises(Conflict, match="another piece"), uploads.alone(id_):
            pass
    with uploads.alone(id_):
        assert uploads.received(id_) == 1_100_000


@pytest.mark.parametrize("name", ["../evil", "a/../../b", "a\\b", "%2e%2e/x", "a/%00", "x" * 501])
async def test_a_name_never_leads_out(http, run, name, settings):
    answer = await http.put(f"/api/v1/runs/{run}/artifacts/{name}", content=b"x")
    assert answer.status_code in (404, 405, 422), answer.text
    assert {path.name for path in settings.data_path.iterdir()} <= {"artifacts", "uploads", "agents", "samples.duckdb",
                                                                    "samples.duckdb.wal", "runs"}  # fmt: skip


async def test_a_name_that_comes_again_replaces_what_had_it(http, run, settings):
    old = await put(http, run, "report.md", b"one")
    new = await put(http, run, "report.md", b"two")
    [row] = (await http.get("/api/v1/artifacts", params={"run": run})).json()["items"]
    assert row["id"] == new["id"] != old["id"]
    everything = (await http.get("/api/v1/artifacts", params={"run": run, "everything": True})).json()["items"]
    assert {one["id"]: one["is_active"] for one in everything} == {old["id"]: False, new["id"]: True}
    assert (await http.get(f"/api/v1/artifacts/{old['id']}/content")).content == b"one"


async def test_deleted_is_hidden_and_collected_later_unless_another_needs_it(http, run, settings):
    shared, alone = await put(http, run, "a", CONTENT), await put(http, run, "b", b"alone")
    await put(http, run, "c", CONTENT)
    for one in (shared, alone):
        assert (await http.delete(f"/api/v1/artifacts/{one['id']}")).status_code == 204
    assert (await http.delete(f"/api/v1/artifacts/{alone['id']}")).status_code == 409
    assert len(objects(settings)) == 2
    garbage = {"objects": 1, "uploads": 0, "bytes": 5}
    assert (await http.get("/api/v1/artifacts/garbage")).json() == garbage
    assert len(objects(settings)) == 2
    assert (await http.post("/api/v1/artifacts/garbage")).json() == garbage
    assert [file.name for file in objects(settings)] == [DIGEST]
    gone = await http.get(f"/api/v1/artifacts/{alone['id']}/content")
    assert (gone.status_code, "is deleted" in gone.json()["detail"]) == (409, True)
    assert (await http.get(f"/api/v1/artifacts/{shared['id']}/content")).content == CONTENT
    assert (await http.get("/api/v1/artifacts/garbage")).json() == {"objects": 0, "uploads": 0, "bytes": 0}
    back = await put(http, run, "b", b"alone")
    assert (await http.get(f"/api/v1/artifacts/{back['id']}/content")).content == b"alone"


async def test_uploads_that_were_given_up_are_collected(http, run, settings, database):
    folder = settings.data_path / "uploads"
    half, nothing, slow = [await announce(http, run, name) for name in ("half", "nothing", "slow")]
    for one in (half, slow):
        await send(http, one["id"], 0, CONTENT[:1000])
    stray = folder / "0190163d-8694-739b-aea5-966c26f8ad91"
    stray.write_bytes(b"12345")
    for old in (stray, folder / half["id"]):
        os.utime(old, (0, 0))
    async with database.session() as session:
        await session.execute(text("UPDATE artifact SET updated_at = now() - interval '2 days'"))
    assert (await http.post("/api/v1/artifacts/garbage")).json() == {"objects": 0, "uploads": 3, "bytes": 1005}
    for gone in (half, nothing):
        assert (await http.get(f"/api/v1/artifacts/{gone['id']}")).status_code == 404
    assert [file.name for file in folder.iterdir()] == [slow["id"]], "it takes long, and something came today"
    assert (await send(http, slow["id"], 1000, CONTENT[1000:])).json()["status"] == "ready"


async def test_with_the_run_they_go(http, run, settings):
    made = await put(http, run, "a", CONTENT)
    await http.post(f"/api/v1/runs/{run}/finish", json={"status": "completed"})
    assert (await http.delete(f"/api/v1/runs/{run}?now=true")).status_code == 204
    assert (await http.get(f"/api/v1/artifacts/{made['id']}")).json()["is_active"] is False
    assert (await http.post("/api/v1/artifacts/garbage")).json()["objects"] == 1
    assert objects(settings) == []


async def test_what_is_said_of_it_can_be_changed(http, run):
    made = await put(http, run, "notes.txt", b"hm", type="LOG")
    assert made["artifact_type"] == "LOG"
    body = {"artifact_type": "REPORT", "description": "what we saw", "artifact_metadata": {"by": "hand"}}
    changed = (await http.patch(f"/api/v1/artifacts/{made['id']}", json=body)).json()
    assert {key: changed[key] for key in body} == body
    assert (await http.patch(f"/api/v1/artifacts/{made['id']}", json={"artifact_type": "POEM"})).status_code == 422
    [event] = (await http.get("/api/v1/events", params={"action": "artifact.update"})).json()["items"]
    assert (event["before"]["artifact_type"], event["after"]["artifact_type"]) == ("LOG", "REPORT")


async def test_lists_filter_and_sort(http, run):
    for name, content in (("a/model.onnx", b"1"), ("a/data.parquet", b"22"), ("plot.png", b"333")):
        await put(http, run, name, content)

    async def names(**params) -> list[str]:
        answer = await http.get("/api/v1/artifacts", params={"run": run, **params})
        return [row["name"] for row in answer.json()["items"]]

    assert await names(sort="-file_size") == ["plot.png", "a/data.parquet", "a/model.onnx"]
    assert await names(type="DATASET") == ["a/data.parquet"]
    assert await names(text="A/") == ["a/data.parquet", "a/model.onnx"]
    assert await names(sha256=hashlib.sha256(b"333").hexdigest()) == ["plot.png"]


async def test_what_is_wrong_is_said(http, run):
    async def refused(status: int, said: str, **body) -> None:
        answer = await http.post(
            f"/api/v1/runs/{run}/artifacts", json={"name": "a", "file_size": 1, "sha256": DIGEST, **body}
        )
        assert answer.status_code == status, answer.text
        assert said in answer.json()["detail"]

    await refused(422, "a SHA-256 in 64 hex digits", sha256="abc")
    for name in ("/etc/passwd", "..", "a/..", "a//b", "a/", "./x", "a\\b", "a\nb", ""):
        await refused(422, "names joined by /" if name else "it must not be empty", name=name)
    await refused(422, "no artifact store of type S3; it has LOCAL", storage_type="S3")
    await refused(404, "no stage run", stage_run="nothing")
    await refused(422, "it must be a whole number >= 0", file_size=-1)
    nowhere = await http.put("/api/v1/runs/0190163d-8694-739b-aea5-966c26f8ad91/artifacts/a", content=b"1")
    assert nowhere.status_code == 404
    assert (await http.get("/api/v1/artifacts/nothing/content")).status_code == 404


async def test_an_empty_file_is_a_file(http, run):
    made = await put(http, run, "empty", b"")
    answer = await http.get(f"/api/v1/artifacts/{made['id']}/content")
    assert (made["status"], made["file_size"], answer.status_code, answer.content) == ("ready", 0, 200, b"")
