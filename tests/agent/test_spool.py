"""The queue on disk: what survives, what a torn tail costs, how far shipping has come."""

import fcntl
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mltui.agent.backlog import Backlog
from mltui.agent.frames import MAX_FRAME, Record, pack
from mltui.agent.spool import Group, Lane, Quota, is_held


@pytest.fixture
def group(tmp_path: Path) -> Group:
    return Group.create(tmp_path / "spool", "group", "http://127.0.0.1:1")


def record(text: str) -> Record:
    return Record("POST", "/path", "text/plain", text.encode())


def write(group: Group, *texts: str, name: str = "1-lane") -> Path:
    """A lane whose writer is gone."""
    lane = Lane(group.path, name, print)
    for text in texts:
        assert lane.append(record(text))
    lane.close()
    return lane.path


def read(lane: Path) -> list[str]:
    backlog = Backlog(lane)
    texts = []
    while (found := backlog.peek()) is not None:
        texts.append(found.body.decode())
        backlog.ack()
    backlog.close()
    return texts


def last_segment(lane: Path) -> Path:
    return max(lane.glob("*.seg"))


def test_records_come_out_as_they_went_in(group: Group) -> None:
    assert read(write(group, "a", "b", "ü" * 1000)) == ["a", "b", "ü" * 1000]


def test_what_is_acknowledged_never_comes_again(group: Group) -> None:
    lane = write(group, "a", "b", "c")
    backlog = Backlog(lane)
    assert backlog.peek() == record("a")
    backlog.ack()
    assert backlog.peek() == record("b")
    backlog.close()
    assert read(lane) == ["b", "c"]
    assert read(lane) == []


@pytest.mark.parametrize("cut", range(1, len(pack(record("torn"))) + 1))
def test_a_torn_tail_is_dropped_wherever_it_was_torn(group: Group, cut: int) -> None:
    lane = write(group, "a", "b", "torn")
    segment = last_segment(lane)
    os.truncate(segment, segment.stat().st_size - cut)
    assert read(lane) == ["a", "b"]


def test_a_tail_of_zeros_is_dropped(group: Group) -> None:
    """What some file systems leave after a power cut."""
    lane = write(group, "a")
    with last_segment(lane).open("ab") as file:
        file.write(bytes(5000))
    backlog = Backlog(lane)
    assert backlog.peek() == record("a")
    backlog.ack()
    assert backlog.peek() is None
    assert backlog.dropped == 5000
    assert backlog.is_over()
    backlog.close()


def test_a_broken_position_means_from_the_start(group: Group) -> None:
    """The server knows what it has; losing records would be worse than sending them again."""
    lane = write(group, "a", "b")
    read(lane)
    (lane / "ack").write_bytes(b"\xff" * 20)
    assert read(lane) == ["a", "b"]


def test_segments_go_when_they_are_shipped(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLTUI_SPOOL_MAX", "1000000")
    lane = Lane(group.path, "1-lane", print)
    for i in range(100):
        lane.append(record(f"{i:06}" * 1000))
    assert len(list(lane.path.glob("*.seg"))) > 5
    assert [text[:6] for text in read(lane.path)] == [f"{i:06}" for i in range(100)]
    assert len(list(lane.path.glob("*.seg"))) == 1, "the one being written stays"
    assert lane.append(record("room again"))
    assert read(lane.path) == ["room again"]
    lane.close()


def test_damage_in_one_segment_costs_the_rest_of_that_segment_only(
    group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLTUI_SPOOL_MAX", "1000000")
    lane = write(group, *(f"{i:06}" * 1000 for i in range(30)))
    first = min(lane.glob("*.seg"))
    data = bytearray(first.read_bytes())
    data[6100] ^= 0xFF
    first.write_bytes(data)
    texts = [int(text[:6]) for text in read(lane)]
    assert texts[0] == 0
    assert 1 not in texts
    assert texts[-1] == 29
    assert texts == sorted(texts)


def test_a_live_lane_is_read_while_it_grows(group: Group) -> None:
    lane = Lane(group.path, "1-lane", print)
    backlog = Backlog(lane.path)
    assert backlog.peek() is None
    lane.append(record("a"))
    assert backlog.peek() == record("a")
    backlog.ack()
    assert backlog.peek() is None
    assert not backlog.is_over()
    lane.append(record("b"))
    lane.close()
    assert not backlog.is_over()
    assert backlog.peek() == record("b")
    backlog.ack()
    assert backlog.is_over()
    backlog.close()


def test_a_lane_that_found_no_room_takes_records_again_when_there_is_some(
    group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLTUI_SPOOL_MAX", "20000")
    monkeypatch.setattr("mltui.agent.spool.RECOUNT_EVERY_S", 0.0)
    said: list[str] = []
    lane = Lane(group.path, "1-lane", said.append)
    kept = 0
    while lane.append_numbered(lambda _: record("x" * 1000), kept) > kept:
        kept += 1
    assert lane.append_numbered(lambda _: record("x" * 1000), kept) == kept
    assert (lane.lost, len(said)) == (2, 1)
    assert len(read(lane.path)) == kept
    assert lane.append_numbered(lambda _: record("y" * 1000), kept) == kept + 1
    lane.close()


def test_a_record_too_large_to_be_read_again_is_lost_alone(group: Group) -> None:
    said: list[str] = []
    lane = Lane(group.path, "1-lane", said.append)
    lane.append(record("before"))
    assert not lane.append(record("x" * MAX_FRAME))
    lane.append(record("after"))
    lane.close()
    assert read(lane.path) == ["before", "after"]
    assert "too large" in said[0]


def test_a_lock_goes_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = (
        "import sys; from pathlib import Path; from mltui.agent.spool import Lock;"
        "lock = Lock(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert is_held(path)
        holder.kill()
        holder.wait()
    assert not is_held(path)


def test_an_empty_group_leaves_nothing(group: Group) -> None:
    lane = write(group, "a")
    group.close()
    assert lane.exists(), "not shipped yet"
    again = Group.adopt(group.path)
    backlog = Backlog(lane)
    backlog.peek()
    backlog.ack()
    backlog.remove()
    again.close()
    assert not group.path.exists()


def test_a_lock_on_a_folder_that_its_holder_removed_is_none(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opened while it was there, taken when it was gone: so it is between two syncs."""
    flock = fcntl.flock

    def late(fd: int, how: int) -> None:
        group.close()
        flock(fd, how)

    monkeypatch.setattr("mltui.agent.spool.fcntl.flock", late)
    with pytest.raises(FileNotFoundError):
        Group.adopt(group.path)


def test_two_processes_cannot_ship_one_group(group: Group) -> None:
    with pytest.raises(BlockingIOError):
        Group.adopt(group.path)
    group.close()


def test_counting_the_spool_bears_with_its_shrinking(tmp_path: Path) -> None:
    """Shippers of other processes delete folders while a writer counts."""
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            for i in range(20):
                (tmp_path / f"{i}" / "lane").mkdir(parents=True, exist_ok=True)
                (tmp_path / f"{i}" / "lane" / "1.seg").write_bytes(b"x")
            for i in range(20):
                shutil.rmtree(tmp_path / f"{i}")

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(300):
            assert Quota(tmp_path, 10**9).has_room(1)
    finally:
        stop.set()
        thread.join()
