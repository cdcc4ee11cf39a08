"""A folder of artifacts is deleted and restored as one thing: one request, and an event for each batch of files."""

import hashlib

import pytest

from mltui_server.artifacts import folder_deletion
from tests.server.registry.registry_calls import register


async def put(http, run: str, *names: str, content: bytes = b"12") -> list[str]:
    digest = hashlib.sha256(content).hexdigest()
    small = [{"name": name, "sha256": digest, "content": "MTI="} for name in names]
    answer = await http.post(f"/api/v1/runs/{run}/artifacts/small", json=small)
    assert answer.status_code == 201, answer.text
    return [row["id"] for row in answer.json()]


async def names(http, run: str) -> list[str]:
    return [row["name"] for row in (await http.get("/api/v1/artifacts", params={"run": run})).json()["items"]]


async def delete(http, run: str, path: str):
    return await http.delete(f"/api/v1/runs/{run}/artifacts/{path}")


async def restore(http, deletion: str):
    return await http.post(f"/api/v1/artifacts/deletions/{deletion}/restore")


async def events(http, deletion: str) -> list[tuple[str, str, str]]:
    found = (await http.get("/api/v1/events", params={"object_id": deletion})).json()["items"]
    return [(event["action"], event["object_name"], event["message"]) for event in found]


async def test_a_folder_goes_and_comes_back_with_an_event_for_each_batch(http, run, monkeypatch):
    monkeypatch.setattr(folder_deletion, "BATCH", 2)
    await put(http, run, "ck/1", "ck/2", "ck/deep/3", "ck.txt")
    gone = await delete(http, run, "ck")
    assert gone.status_code == 200
    assert gone.json() == {"id": gone.json()["id"], "files": 3, "file_size": 6, "cited": []}
    assert await names(http, run) == ["ck.txt"]
    assert (await delete(http, run, "ck")).status_code == 404

    back = await restore(http, gone.json()["id"])
    assert (back.status_code, back.json()) == (200, {"files": 3, "file_size": 6, "staying": []})
    assert await names(http, run) == ["ck.txt", "ck/1", "ck/2", "ck/deep/3"]
    assert await events(http, gone.json()["id"]) == [
        ("artifacts.restore", "ck/", "1 file of ck/"), ("artifacts.restore", "ck/", "2 files of ck/"),
        ("artifacts.delete", "ck/", "1 file of ck/"), ("artifacts.delete", "ck/", "2 files of ck/"),
    ]  # fmt: skip
    again = await restore(http, gone.json()["id"])
    assert (again.status_code, again.json()["detail"]) == (409, "ck/ cannot be restored: it is not deleted")
    assert (await restore(http, run)).status_code == 404
    assert (await restore(http, "nothing")).status_code == 404


async def test_a_file_goes_by_its_name_too_and_nothing_goes_by_none(http, run):
    await put(http, run, "ck.txt", "50 % é/a")
    assert (await delete(http, run, "")).status_code in (404, 405)
    gone = (await delete(http, run, "ck.txt")).json()
    assert await events(http, gone["id"]) == [("artifacts.delete", "ck.txt", "")]
    assert (await delete(http, run, "50 %25 é")).json()["files"] == 1
    assert await names(http, run) == []
    assert (await restore(http, gone["id"])).status_code == 200
    assert await names(http, run) == ["ck.txt"]


async def test_what_models_cite_stays(http, run):
    kept, _ = await put(http, run, "out/model.pt", "out/log")
    await register(http, artifact=kept)
    cited = [{"name": "out/model.pt", "version": "digits/1"}]
    gone = (await delete(http, run, "out")).json()
    assert gone == {"id": gone["id"], "files": 1, "file_size": 2, "cited": cited}
    assert await names(http, run) == ["out/model.pt"]
    refused = await delete(http, run, "out")
    assert (refused.status_code, refused.json()["detail"]) == (
        409, "artifact 'out/model.pt' is cited by model version digits/1; delete that first"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("since", "why"),
    [("ck/1", "its run has another one of that name"), ("ck/2/x", "'ck/2' cannot be a file: it is a folder")],
)
async def test_what_has_the_name_of_another_one_since_stays_deleted(http, run, since, why):
    await put(http, run, "ck/1", "ck/2", "ck/3")
    gone = (await delete(http, run, "ck")).json()
    await put(http, run, since)
    back = (await restore(http, gone["id"])).json()
    [staying] = back["staying"]
    assert (back["files"], since.startswith(staying["name"]), why in staying["reason"]) == (2, True, True)
    refused = await restore(http, gone["id"])
    assert (refused.status_code, refused.json()["detail"]) == (
        409, f"ck/ cannot be restored: {staying['name']!r}: {staying['reason']}"
    )  # fmt: skip


async def test_only_what_went_with_it_comes_back(http, run):
    alone, _ = await put(http, run, "ck/1", "ck/2")
    await http.delete(f"/api/v1/artifacts/{alone}")
    gone = (await delete(http, run, "ck")).json()
    await restore(http, gone["id"])
    assert await names(http, run) == ["ck/2"]


async def test_what_was_removed_for_good_does_not_come_back(http, run):
    await put(http, run, "ck/1")
    gone = (await delete(http, run, "ck")).json()
    await http.post("/api/v1/artifacts/garbage")
    refused = await restore(http, gone["id"])
    assert (refused.status_code, refused.json()["detail"]) == (
        409, "ck/ cannot be restored: 'ck/1': its content was removed by `mltui gc`"
    )  # fmt: skip
