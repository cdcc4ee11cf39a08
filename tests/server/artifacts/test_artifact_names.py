"""What a run has fits on a disk: no name is a file and a folder at once."""

import asyncio
import base64
import hashlib

from tests.server.artifacts.test_restoring import names, put, restore


def announced(name: str, content: bytes, **more) -> dict:
    return {"name": name, "sha256": hashlib.sha256(content).hexdigest(), "file_size": len(content), **more}


def small(name: str, content: bytes = b"1") -> dict:
    sha256 = hashlib.sha256(content).hexdigest()
    return {"name": name, "content": base64.b64encode(content).decode(), "sha256": sha256}


async def test_the_second_of_a_file_and_a_folder_is_refused_whichever_way_it_comes(http, run):
    url = f"/api/v1/runs/{run}/artifacts"
    for there, wrong, said in (
        ("ck", "ck/deep/a.pt", "$.name: 'ck/deep/a.pt' cannot lie in 'ck': that is a file; choose another name"),
        ("out/deep/a.pt", "out", "$.name: 'out' cannot be a file: it is a folder, with 'out/deep/a.pt' in it"),
    ):
        first = await put(http, run, there)
        for answer in (
            await http.put(f"{url}/{wrong}", content=b"1"),
            await http.put(f"{url}/{wrong}", content=b"other"),
            await http.post(url, json=announced(wrong, b"1")),
            await http.post(url, json=announced(wrong, b"nowhere yet")),
            await http.post(f"{url}/small", json=[small("fine"), small(wrong)]),
        ):
            assert (answer.status_code, said in answer.json()["detail"]) == (422, True), answer.text
        assert await names(http, run) == [there]
        await http.delete(f"/api/v1/artifacts/{first}")
        second = await put(http, run, wrong)
        status, why = await restore(http, first)
        assert (status, "; delete that first" in why) == (409, True), why
        await http.delete(f"/api/v1/artifacts/{second}")
    assert (await http.get("/api/v1/artifacts/garbage")).json()["objects"] == 1, "only the 1 that was there"


async def test_names_that_only_begin_alike_are_beside_each_other(http, run):
    wanted = ["ck", "ck-1", "ck.d/a", "ckpt/a", "ckpt/a.b", "ckpt/ab/c", "other/ck/a", "x%/a", "x_/a"]
    for name in wanted:
        assert (await http.post(f"/api/v1/runs/{run}/artifacts/small", json=[small(name)])).status_code == 201
    assert await names(http, run) == sorted(wanted)


async def test_within_one_request_too(http, run):
    answer = await http.post(f"/api/v1/runs/{run}/artifacts/small", json=[small("a/b/c"), small("a/b")])
    assert (answer.status_code, "$[1].name: 'a/b' cannot be a file and a folder" in answer.text) == (422, True)


async def test_a_name_that_no_disk_takes_is_refused(http, run):
    assert await put_status(http, run, f"out/{'a' * 255}") == 200
    for name in (f"out/{'a' * 256}", f"{'ü' * 128}/a"):
        answer = await http.put(f"/api/v1/runs/{run}/artifacts/{name}", content=b"1")
        assert (answer.status_code, "is 256 bytes; between slashes disks take 255" in answer.text) == (422, True)


async def test_of_a_file_and_a_folder_that_come_at_once_one_stays(http, run):
    for number in range(10):
        sent = (put_status(http, run, name) for name in (f"{number}/a", f"{number}", f"{number}/b/c"))
        statuses = await asyncio.gather(*sent)
        assert statuses in ([200, 422, 200], [422, 200, 422]), statuses


async def put_status(http, run: str, name: str) -> int:
    return (await http.put(f"/api/v1/runs/{run}/artifacts/{name}", content=b"1")).status_code


async def test_an_upload_whose_name_became_a_folder_on_its_way_is_refused_at_its_end(http, run):
    row = (await http.post(f"/api/v1/runs/{run}/artifacts", json=announced("ck", b"whole"))).json()
    await put(http, run, "ck/a")
    address = f"/api/v1/artifacts/{row['id']}/content"
    end = await http.patch(address, content=b"whole", headers={"Upload-Offset": "0"})
    assert (end.status_code, "'ck' cannot be a file" in end.json()["detail"]) == (422, True), end.text
    assert await names(http, run) == ["ck/a"]


async def test_a_size_that_known_content_does_not_have_is_refused(http, run):
    await put(http, run, "true.bin", bytes(3000))
    url = f"/api/v1/runs/{run}/artifacts"
    lie = await http.post(url, json=announced("lie.bin", bytes(3000)) | {"file_size": 5})
    assert lie.status_code == 422
    assert lie.json()["detail"] == "$.file_size: what has this SHA-256 is 3,000 bytes, not 5"
    assert await names(http, run) == ["true.bin"]
    assert (await http.post(url, json=announced("same.bin", bytes(3000)))).json()["status"] == "ready"
