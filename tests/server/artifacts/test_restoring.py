"""Deleted and replaced artifacts come back, as long as their content is there and nothing has their name."""

from tests.server.registry.registry_calls import register


async def put(http, run: str, name: str, content: bytes = b"1") -> str:
    return (await http.put(f"/api/v1/runs/{run}/artifacts/{name}", content=content)).json()["id"]


async def restore(http, artifact: str) -> tuple[int, str]:
    answer = await http.post(f"/api/v1/artifacts/{artifact}/restore")
    return answer.status_code, answer.json().get("detail", "")


async def names(http, run: str) -> list[str]:
    return [row["name"] for row in (await http.get("/api/v1/artifacts", params={"run": run})).json()["items"]]


async def test_what_was_deleted_comes_back_with_its_content_and_events(http, run):
    made = await put(http, run, "a.txt", b"hello")
    assert await restore(http, made) == (409, "artifact 'a.txt' cannot be restored: it is not deleted")
    await http.delete(f"/api/v1/artifacts/{made}")
    assert await names(http, run) == []
    assert (await restore(http, made))[0] == 200
    assert await names(http, run) == ["a.txt"]
    assert (await http.get(f"/api/v1/artifacts/{made}/content")).content == b"hello"
    events = (await http.get("/api/v1/events", params={"object_id": made})).json()["items"]
    assert [event["action"] for event in events] == ["artifact.restore", "artifact.delete", "artifact.create"]
    assert (events[0]["before"], events[0]["after"]) == ({"is_active": False}, {"is_active": True})


async def test_what_was_replaced_comes_back_once_its_name_is_free(http, run):
    old, new = await put(http, run, "a.txt", b"old"), await put(http, run, "a.txt", b"new")
    status, why = await restore(http, old)
    assert (status, "another one of that name" in why) == (409, True)
    await http.delete(f"/api/v1/artifacts/{new}")
    assert (await restore(http, old))[0] == 200
    assert (await restore(http, new))[0] == 409


async def test_what_was_removed_is_gone(http, run):
    made = await put(http, run, "a.txt")
    await http.delete(f"/api/v1/artifacts/{made}")
    await http.post("/api/v1/artifacts/garbage")
    assert await restore(http, made) == (
        409, "artifact 'a.txt' cannot be restored: its content was removed by `mltui gc`"
    )  # fmt: skip
    assert (await http.post("/api/v1/artifacts/nothing/restore")).status_code == 404


async def test_what_would_go_is_told_with_what_models_keep(http, run):
    kept = await put(http, run, "out/model.pt", b"weights")
    await put(http, run, "out/a%b", b"12")
    await put(http, run, "outside", b"123")
    await register(http, artifact=kept)
    address = f"/api/v1/runs/{run}/artifacts/footprint"
    going = (await http.get(address, params={"path": "out"})).json()
    assert going == {"files": 1, "file_size": 2, "cited": [{"name": "out/model.pt", "version": "digits/1"}]}
    assert (await http.get(address, params={"path": "outside"})).json() == {"files": 1, "file_size": 3, "cited": []}
    assert (await http.get(address, params={"path": "out/a_b"})).status_code == 404
