"""`mltui artifacts get` that is killed, or meets another: what it leaves goes on, goes away, and is never the file."""

import os
import signal

import pytest
from server_process import wait_for


@pytest.fixture
def big(server, mltui, tmp_path):
    """A file whose way takes long enough for something to happen on it, in a run of its own."""
    file = tmp_path / "big.bin"
    file.write_bytes(os.urandom(1 << 20) * 100)
    mltui("exec", "--", "true")
    mltui("artifacts", "put", "latest", file)
    return file


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def getting(spawn, out):
    """Start `get`, and stop it in the middle; the process and the part."""

    def start():
        process = spawn("artifacts", "get", "latest", "big.bin", "-o", out)
        parts = []
        wait_for(lambda: parts.extend(p for p in out.glob("*.part") if p.stat().st_size) or parts, 45)
        process.process.send_signal(signal.SIGSTOP)
        return process, parts[0]

    return start


def get(mltui, out, code=0):
    return mltui("artifacts", "get", "latest", "big.bin", "-o", out, code=code)


def test_what_was_killed_goes_on_where_it_was(mltui, big, out, getting):
    process, part = getting()
    process.kill()
    assert [file.name for file in out.iterdir()] == [part.name]
    assert part.name.startswith("big.bin.mltui-")
    with part.open("r+b") as opened:
        opened.write(b"\0" if big.read_bytes()[:1] != b"\0" else b"\1")
    assert "104,857,600 bytes came that are not what was stored; fetch it again" in get(mltui, out, code=1).stderr
    assert not list(out.iterdir()), "what went on from bytes that are wrong is not kept"
    get(mltui, out)
    assert [file.name for file in out.iterdir()] == ["big.bin"]
    assert (out / "big.bin").read_bytes() == big.read_bytes()


def test_two_who_save_the_same_file_do_not_write_into_each_other(mltui, big, out, getting):
    process, _ = getting()
    said = get(mltui, out, code=1).stderr
    assert said == f"mltui: {out}/big.bin: another program is saving it just now; wait until it is there\n"
    process.process.send_signal(signal.SIGCONT)
    assert process.ends() == 0
    assert "there already" in get(mltui, out).stdout
    assert (out / "big.bin").read_bytes() == big.read_bytes()


def test_what_nobody_goes_on_with_goes_at_the_next_save(mltui, big, out, getting):
    process, part = getting()
    process.kill()
    (out / "other.mltui-1.part").write_text("of another file")
    big.write_bytes(b"new")
    mltui("artifacts", "put", "latest", big)
    get(mltui, out)
    assert sorted(file.name for file in out.iterdir()) == ["big.bin", "other.mltui-1.part"]
    part.write_text("of what is whole by now")
    get(mltui, out)
    assert sorted(file.name for file in out.iterdir()) == ["big.bin", "other.mltui-1.part"]
