"""A run's artifacts folder by folder."""

import pytest

FILES = ("model.pt", "a.txt", "plots/loss.png", "plots/val/acc.png", "plots/val/auc.png", "pl%ots/x", "data/b_c/1")


@pytest.fixture
async def files(http, run) -> str:
    for name in FILES:
        path = name.replace("%", "%25")
        assert (await http.put(f"/api/v1/runs/{run}/artifacts/{path}", content=name.encode())).is_success
    return run


@pytest.fixture
def folder(http, files):
    async def ask(name: str = "", **more) -> dict:
        answer = await http.get(f"/api/v1/runs/{files}/artifacts", params={"folder": name, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return ask


async def test_folders_come_first_and_say_what_is_in_them(folder):
    found = await folder()
    assert [(item["name"], item["files"]) for item in found["items"]] == [
        ("data", 1), ("pl%ots", 1), ("plots", 3), ("a.txt", 1), ("model.pt", 1)
    ]  # fmt: skip
    assert found["total"] == 5
    plots = found["items"][2]
    assert (plots["id"], plots["artifact_type"]) == (None, None)
    assert plots["file_size"] == sum(len(name) for name in FILES if name.startswith("plots/"))
    assert found["items"][4]["artifact_type"] == "MODEL"


async def test_a_folder_has_only_what_is_in_it(folder, http, files):
    assert [item["name"] for item in (await folder("plots"))["items"]] == ["val", "loss.png"]
    assert [item["name"] for item in (await folder("plots/val/"))["items"]] == ["acc.png", "auc.png"]
    assert [item["name"] for item in (await folder("pl%ots"))["items"]] == ["x"]
    assert (await folder("pl_ts"))["items"] == (await folder("nowhere"))["items"] == []
    below = await http.get("/api/v1/artifacts", params={"run": files, "under": "plots/val"})
    assert [row["name"] for row in below.json()["items"]] == ["plots/val/acc.png", "plots/val/auc.png"]


async def test_it_is_walked_by_cursor(folder):
    names, cursor = [], None
    while True:
        page = await folder(limit=2, **({"cursor": cursor} if cursor else {}))
        names += [item["name"] for item in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert names == ["data", "pl%ots", "plots", "a.txt", "model.pt"]
    assert [item["name"] for item in (await folder(offset=3))["items"]] == ["a.txt", "model.pt"]


async def test_what_was_deleted_is_not_there(folder, http):
    [inner] = [item for item in (await folder("data/b_c"))["items"]]
    await http.delete(f"/api/v1/artifacts/{inner['id']}")
    assert "data" not in [item["name"] for item in (await folder())["items"]]


async def test_of_no_run_there_is_no_folder(http):
    assert (await http.get("/api/v1/runs/nothing/artifacts")).status_code == 404
