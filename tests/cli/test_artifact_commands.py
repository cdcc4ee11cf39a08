"""`mltui artifacts` and `mltui gc`, as a person types them."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

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


def test_links_are_followed_within_the_folder_and_left_out_with_a_word_otherwise(mltui, run, tmp_path):
    folder = tmp_path / "ck"
    (folder / "epoch-9").mkdir(parents=True)
    (folder / "epoch-9" / "a.pt").write_text("nine")
    (tmp_path / "secret").write_text("s")
    links = {"best.pt": "epoch-9/a.pt", "last": "epoch-9", "out": "../secret", "gone": "nothing", "round": "round"}
    for name, target in links.items():
        (folder / name).symlink_to(target)
    put = mltui("artifacts", "put", run, folder)
    assert [line.split()[0] for line in put.stdout.splitlines()] == ["ck/best.pt", "ck/epoch-9/a.pt"]
    assert put.stderr.splitlines() == [
        f"left out: {folder}/gone leads nowhere",
        f"left out: {folder}/last leads to a folder, whose files come by their own names",
        f"left out: {folder}/out leads out of {folder}, to {tmp_path}/secret; name that itself to have it",
        f"left out: {folder}/round leads nowhere",
    ]
    assert mltui("artifacts", "put", run, folder / "out", "--name", "out").stdout == "out  1 B\n"


def test_only_regular_files_are_read(mltui, run, environment, tmp_path):
    folder = tmp_path / "ck"
    folder.mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "a.pt").write_text("a")
    put = mltui("artifacts", "put", run, folder)
    assert put.stdout == "ck/a.pt  1 B\n"
    assert put.stderr == f"left out: {folder}/pipe is a pipe, no regular file\n"
    said = mltui("artifacts", "put", run, folder / "pipe", code=1).stderr
    assert said == f"mltui: {folder}/pipe: a pipe, no regular file\n"
    # Where this fails, it fails for want of memory, and not the machine.
    within = f"ulimit -v 4000000; exec {sys.executable} -m mltui"
    for words, file in (
        ("artifacts put latest", "/dev/zero"), ("models register digits --run latest --artifact", "/dev/zero"),
        ("artifacts put latest", "/proc/kallsyms"),
    ):  # fmt: skip
        done = subprocess.run(
            ["bash", "-c", f"{within} {words} {file}"], env=environment, capture_output=True, text=True, check=False
        )
        why = "a device, no regular file" if file == "/dev/zero" else "it has more than it said, and may have no end"
        assert (done.returncode, why in done.stderr, file in done.stderr) == (1, True, True), done.stderr
    (folder / "a.pt").rename(folder / os.fsdecode(b"a\xff.pt"))
    assert mltui("artifacts", "put", run, folder).stdout == "ck/a\ufffd.pt  1 B\n", "bytes that are no UTF-8"
    assert mltui("artifacts", "put", run, "/proc/self/status", "--name", "status").stdout.startswith("status  ")


def test_a_file_that_was_changed_here_is_not_overwritten_unasked(mltui, run, tmp_path):
    ours, out = tmp_path / "f", tmp_path / "out"
    ours.mkdir()
    for name in ("a", "b", "c"):
        (ours / name).write_text(name)
    mltui("artifacts", "put", run, ours)
    mltui("artifacts", "get", run, "f/b", "-o", out / "f")
    assert mltui("artifacts", "get", run, "f", "-o", out).stdout.splitlines() == [
        f"{out}/f/b  1 B, there already", f"{out}/f/a  1 B", f"{out}/f/c  1 B"
    ]  # fmt: skip
    (out / "f" / "b").write_text("mine")
    (out / "f" / "a").unlink()
    said = mltui("artifacts", "get", run, "f", "-o", out, code=1).stderr
    assert said == (
        f"mltui: {out}/f/b exists and is another file; nothing was written, --overwrite replaces what is there\n"
    )
    assert {file.name: file.read_text() for file in (out / "f").iterdir()} == {"b": "mine", "c": "c"}
    assert "/f/c  1 B, there already" in mltui("artifacts", "get", run, "f", "-o", out, "--overwrite").stdout
    assert {file.name: file.read_text() for file in (out / "f").iterdir()} == {"a": "a", "b": "b", "c": "c"}
    (out / "f" / "a").unlink()
    (out / "f" / "a").mkdir()
    folder = mltui("artifacts", "get", run, "f", "-o", out, "--overwrite", code=1).stderr
    assert folder == f"mltui: {out}/f/a is a folder, and the artifact is a file\n"


def test_a_file_for_which_there_is_no_room_is_named_and_gone_on_with(mltui, run, environment, tmp_path):
    ours, out = tmp_path / "big.bin", tmp_path / "out"
    ours.write_bytes(os.urandom(4 << 20))
    mltui("artifacts", "put", run, ours)
    within = f"ulimit -f 2048; exec {sys.executable} -m mltui artifacts get {run} big.bin -o {out}"
    full = subprocess.run(["bash", "-c", within], env=environment, capture_output=True, text=True, check=False)
    assert (full.returncode, full.stderr) == (1, f"mltui: {out}/big.bin: File too large\n")
    [part] = out.iterdir()
    assert part.stat().st_size == 2 << 20
    mltui("artifacts", "get", run, "big.bin", "-o", out)
    assert [file.read_bytes() for file in out.iterdir()] == [ours.read_bytes()]
    for place in (ours, ours / "deeper"):
        said = mltui("artifacts", "get", run, "big.bin", "-o", place, code=1).stderr
        assert said == f"mltui: {place} cannot be a folder, as there is a file; name another folder\n"


def test_two_who_send_the_same_file_at_once_both_come_to_the_end(mltui, run, tmp_path):
    (tmp_path / "big.bin").write_bytes(os.urandom(1 << 20) * 150)
    with ThreadPoolExecutor() as pool:
        sent = [pool.submit(mltui, "artifacts", "put", run, tmp_path / "big.bin") for _ in range(3)]
        assert {one.result().stdout for one in sent} == {"big.bin  150 MiB\n"}
    [row] = json.loads(mltui("artifacts", "ls", run, "--json").stdout)
    mltui("artifacts", "get", run, "big.bin", "-o", tmp_path / "back")
    assert (tmp_path / "back" / "big.bin").read_bytes() == (tmp_path / "big.bin").read_bytes()
    assert row["status"] == "ready"


def test_names_are_as_long_as_a_disk_takes_and_no_file_is_a_folder_too(mltui, run, tmp_path):
    long, big = tmp_path / ("a" * 255), tmp_path / ("b" * 255)
    long.write_text("x")
    big.write_bytes(os.urandom(1 << 20))
    for file in (long, big):
        mltui("artifacts", "put", run, file)
        mltui("artifacts", "get", run, file.name, "-o", tmp_path / "back")
        assert (tmp_path / "back" / file.name).read_bytes() == file.read_bytes()
    mltui("artifacts", "put", run, long, "--name", "ck")
    refused = mltui("artifacts", "put", run, long, "--name", "ck/a.pt", code=1).stderr
    assert "'ck/a.pt' cannot lie in 'ck': that is a file; choose another name" in refused


def test_deleting_and_collecting(mltui, run, tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n")
    mltui("artifacts", "put", run, tmp_path / "a.csv")
    assert mltui("gc").stdout == "there is nothing to remove\n"
    said = mltui("artifacts", "rm", run, "a.csv").stdout
    assert said == f"deleted a.csv; back with: mltui artifacts restore {run} a.csv\n"
    assert mltui("artifacts", "restore", run, "a.csv").stdout == "restored a.csv\n"
    assert "no deleted artifact 'a.csv'" in mltui("artifacts", "restore", run, "a.csv", code=1).stderr
    again = mltui("artifacts", "rm", "latest", "a.csv").stdout
    assert again == said, "the way back is to the same run, whichever is the latest by then"
    assert "deleted or replaced" in mltui("artifacts", "ls", run, "--all").stdout
    assert "would remove 4 B: 1 content of deleted artifacts, 0 given-up uploads" in mltui("gc").stdout
    assert "removed 4 B" in mltui("gc", "--yes").stdout
    assert mltui("gc").stdout == "there is nothing to remove\n"
    assert "removed by `mltui gc`" in mltui("artifacts", "restore", run, "a.csv", code=1).stderr


def test_a_folder_goes_and_comes_back_as_one_thing(server, mltui, run, tmp_path):
    folder = tmp_path / "ck"
    folder.mkdir()
    for name in ("1.pt", "2.pt", "3.pt"):
        (folder / name).write_text(name)
    mltui("artifacts", "put", run, folder)
    rows = json.loads(mltui("artifacts", "ls", run, "--json").stdout)
    version = {"artifact": rows[0]["id"]}
    httpx.post(f"{server.url}/api/v1/models/digits/versions", json=version).raise_for_status()
    gone = mltui("artifacts", "rm", run, "ck/")
    assert gone.stdout == f"deleted 2 files of ck/, 8 B; back with: mltui artifacts restore {run} ck/\n"
    assert gone.stderr == "ck/1.pt stays: it is cited by model version digits/1\n"
    mltui("artifacts", "put", run, folder / "2.pt", "--name", "ck/2.pt")
    back = mltui("artifacts", "restore", run, "ck")
    assert back.stdout == "restored 1 file of ck/, 4 B\n"
    assert "ck/2.pt stays deleted: its run has another one of that name" in back.stderr
    assert "cannot be restored" in mltui("artifacts", "restore", run, "ck", code=1).stderr
    assert "no deleted artifact 'c'" in mltui("artifacts", "restore", run, "c", code=1).stderr


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
    refused = mltui("artifacts", "get", run, "a", "-o", tmp_path / "file", code=1).stderr
    assert "cannot be a folder, as there is a file" in refused


def test_a_folder_of_many_files_keeps_their_order_and_stops_at_what_is_wrong(mltui, run, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(1_000):
        (folder / f"{number:03}").write_bytes(bytes(number % 40 * 1000))
    put = mltui("artifacts", "put", run, folder)
    assert [line.split()[0] for line in put.stdout.splitlines()] == [f"many/{number:03}" for number in range(1_000)]
    assert put.stderr == "1,000 files, 18.6 MiB\n"
    (folder / "\x7f").write_bytes(b"")
    assert "names joined by /" in mltui("artifacts", "put", run, folder, code=1).stderr
