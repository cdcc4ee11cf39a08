"""`mltui artifacts` and `mltui gc`, as a person types them."""

import json
import os

import httpx
import pytest


@pytest.fixture
def run(server) -> str:
    return httpx.post(f"{server.url}/api/v1/runs", json={"name": "one"}).json()["id"]


def test_files_and_folders_go_there_and_come_back(mltui, run, tmp_path):
    assert "mltui artifacts put" in mltui("artifacts", "ls", run).stdout
    folder = tmp_path / "checkpoints"
    (folder / "deep").mkdir(parents=True)
    contents = {"epoch 1.pt": os.urandom(100_000), "deep/ü.pt": b"", "big.bin": os.urandom(20 << 20)}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    assert mltui("artifacts", "put", run, folder).stdout.splitlines() == [
        "checkpoints/big.bin  20.0 MiB", "checkpoints/deep/ü.pt  0 B", "checkpoints/epoch 1.pt  97.7 KiB"
    ]  # fmt: skip
    mltui("artifacts", "put", run, folder / "epoch 1.pt", "--name", "best.pt")
    rows = json.loads(mltui("artifacts", "ls", run, "--json").stdout)
    assert (rows[0]["name"], rows[0]["artifact_type"]) == ("best.pt", "MODEL")
    assert "checkpoints/deep/ü.pt" in mltui("artifacts", "ls", "latest").stdout
    out = tmp_path / "out"
    mltui("artifacts", "get", run, "checkpoints", "-o", out)
    assert {str(file.relative_to(out / "checkpoints")): file.read_bytes()
            for file in out.rglob("*") if file.is_file()} == contents  # fmt: skip
    mltui("artifacts", "get", run, "best.pt", "-o", out)
    assert (out / "best.pt").read_bytes() == contents["epoch 1.pt"]


def test_deleting_and_collecting(mltui, run, tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n")
    mltui("artifacts", "put", run, tmp_path / "a.csv")
    assert mltui("gc").stdout == "there is nothing to remove\n"
    said = mltui("artifacts", "rm", run, "a.csv").stdout
    assert said == f"deleted a.csv; back with: mltui artifacts restore {run} a.csv\n"
    assert mltui("artifacts", "restore", run, "a.csv").stdout == "restored a.csv\n"
    assert "no deleted artifact 'a.csv'" in mltui("artifacts", "restore", run, "a.csv", code=1).stderr
    mltui("artifacts", "rm", run, "a.csv")
    assert "deleted or replaced" in mltui("artifacts", "ls", run, "--all").stdout
    assert "would remove 4 B: 1 contents" in mltui("gc").stdout
    assert "removed 4 B" in mltui("gc", "--yes").stdout
    assert mltui("gc").stdout == "there is nothing to remove\n"
    assert "removed by `mltui gc`" in mltui("artifacts", "restore", run, "a.csv", code=1).stderr


def test_what_is_wrong_is_said_in_a_line(mltui, run, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "a").write_text("x")
    for words, said in (
        (["put", run, tmp_path / "nowhere"], "no such file or folder"),
        (["put", run, tmp_path / "empty"], "no files in this folder"),
        (["put", run, tmp_path / "a", "--name", "../a"], "names joined by /"),
        (["get", run, "nothing"], "no artifact 'nothing'"),
        (["rm", run, "nothing"], "nothing was deleted"),
    ):
        assert said in mltui("artifacts", *words, code=1).stderr
    mltui("artifacts", "put", run, tmp_path / "a")
    mltui("artifacts", "put", run, tmp_path / "a", "--name", "out/a")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "out").symlink_to(tmp_path / "elsewhere")
    assert "leads out of" in mltui("artifacts", "get", run, "out", "-o", tmp_path / "here", code=1).stderr
    assert not list((tmp_path / "elsewhere").iterdir())
    (tmp_path / "file").write_text("")
    assert "File exists" in mltui("artifacts", "get", run, "a", "-o", tmp_path / "file", code=1).stderr


def test_a_folder_of_many_files_keeps_their_order_and_stops_at_what_is_wrong(mltui, run, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number:02}").write_bytes(bytes(number * 1000))
    put = mltui("artifacts", "put", run, folder).stdout.splitlines()
    assert [line.split()[0] for line in put] == [f"many/{number:02}" for number in range(40)]
    (folder / "\x7f").write_bytes(b"")
    assert "names joined by /" in mltui("artifacts", "put", run, folder, code=1).stderr
