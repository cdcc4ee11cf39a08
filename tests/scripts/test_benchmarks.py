"""The table of figures, and the harness that plays a terminal."""

import sys

import pytest
from bench_terminal.keys import key_bytes, parse_keys
from bench_terminal.measure import AppFailed, Hold, measure
from bench_terminal.screen import frames_of
from benchmarks.__main__ import modules
from benchmarks.figure import Figure, table

ECHO = r"""
import os, tty
tty.setraw(0)
os.write(1, b"\x1b[2Jready")
pressed = 0
while os.read(0, 8):
    pressed += 1
    os.write(1, b"\x1b[1;1H%06d" % pressed)
"""


@pytest.mark.parametrize(
    ("aim", "value", "met"),
    [("> 500,000", 612_000, True), ("> 500,000", 12, False), ("< 30", 29.9, True), ("0", 0, True), ("0", 3, False),
     ("", 1, None)],
)  # fmt: skip
def test_an_aim_is_met_or_missed(aim: str, value: float, met: bool | None):
    assert Figure(name="x", value=value, unit="ms", aim=aim).met is met


def test_the_table_has_the_aim_and_the_peer_beside_each_figure():
    lines = table(
        [
            Figure(
                name="samples accepted", value=612_345, unit="/s", aim="> 500,000", peer="bare inserts", peer_value=9e5
            ),
            Figure(name="idle", value=0, unit="B/s", aim="0"),
        ]
    ).splitlines()
    assert lines[1].split() == [
        "samples",
        "accepted",
        "612,345",
        "/s",
        ">",
        "500,000",
        "met",
        "900,000",
        "/s",
        "bare",
        "inserts",
    ]
    assert lines[2].split() == ["idle", "0", "B/s", "0", "met"]


def test_every_benchmark_module_is_found():
    assert "console" in modules()
    assert "figure" not in modules()


def test_the_harness_counts_every_key_of_a_real_program():
    report = measure([sys.executable, "-c", ECHO], columns=80, rows=24, ready="ready", keys=["down"] * 5, hold=Hold(5))
    assert len(report.paints()) == 5
    assert report.screen.startswith("000010")
    assert report.startup.ready is not None
    assert report.idle_bytes_per_s == 0
    assert "down" in report.summary()


def test_an_app_that_exits_is_an_error_with_its_last_words():
    with pytest.raises(AppFailed, match="no such thing"):
        measure([sys.executable, "-c", "raise SystemExit('no such thing')"], ready="never")


def test_keys():
    assert parse_keys("down*2,ctrl+f,*") == ["down", "down", "ctrl+f", "*"]
    assert key_bytes("ctrl+f") == b"\x06"
    with pytest.raises(ValueError, match="hyper"):
        key_bytes("hyper")


def test_synchronised_output_is_one_frame_however_it_arrives():
    chunks = [(0.0, b"\x1b[?2026hab"), (0.5, b"c\x1b[?2026l\x1b[?2026hd\x1b[?2026l"), (1.0, b"x"), (1.1, b"y")]
    assert [frame for _, frame in frames_of(chunks)] == [
        b"\x1b[?2026habc\x1b[?2026l",
        b"\x1b[?2026hd\x1b[?2026l",
        b"x",
        b"y",
    ]
