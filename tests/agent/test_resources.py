"""Resource samples: what is measured, what short-lived children cost, peaks of commands shorter than a sample."""

import sys
from itertools import pairwise
from uuid import uuid4

import pytest
from agent_processes import Agents, wait_for
from recording_server import RecordingServer, work

from mltui.wire.logs import STDOUT

EXECUTION = str(uuid4())
"""Of this test process alone: a guard ends every process of its execution on the machine."""
FIELDS = {
    "process": {"cpu_percent", "memory_bytes", "read_bytes_per_s", "write_bytes_per_s", "threads", "children"},
    "host": {
        "cpu_percent", "memory_bytes", "memory_percent", "disk_used_percent", "disk_read_bytes_per_s",
        "disk_write_bytes_per_s", "net_recv_bytes_per_s", "net_sent_bytes_per_s",
    },
}  # fmt: skip


def run(server: RecordingServer, agents: Agents, program: str, **env: str) -> None:
    server.stored.works[EXECUTION] = work(EXECUTION, [sys.executable, "-c", program], scope="train-a")
    agents.claimed(EXECUTION, **env).communicate()


def process_values(server: RecordingServer, field: str) -> list[float]:
    return server.stored.values(f"sys/train-a/process/{field}")


def test_every_field_is_sampled(server: RecordingServer, agents: Agents) -> None:
    run(server, agents, "import time; time.sleep(0.5)", MLTUI_SAMPLE_EVERY_S="0.1")
    expected = {f"sys/train-a/{device}/{field}" for device, fields in FIELDS.items() for field in fields}
    assert {key for key in server.stored.sample_keys() if "/gpu" not in key} == expected
    assert len(process_values(server, "cpu_percent")) >= 2
    (series,) = {len(batch.series[0].times) for _, batch in server.stored.batches}
    assert series == 1
    assert all(of.steps is None for _, batch in server.stored.batches for of in batch.series)


def test_the_tree_is_counted_whole(server: RecordingServer, agents: Agents) -> None:
    program = """
import subprocess, sys, threading, time
held = b"x" * 60_000_000
threading.Thread(target=time.sleep, args=(300,), daemon=True).start()
child = "x = b'x' * 60_000_000; import time; time.sleep(300)"
children = [subprocess.Popen([sys.executable, "-c", child]) for _ in "ab"]
time.sleep(300)
"""
    server.stored.works[EXECUTION] = work(EXECUTION, [sys.executable, "-c", program], scope="train-a")
    agent = agents.claimed(EXECUTION, MLTUI_SAMPLE_EVERY_S="0.1")
    wait_for(lambda: max(process_values(server, "children"), default=0) == 2, "both children")
    wait_for(lambda: max(process_values(server, "memory_bytes")) > 180e6, "their memory")
    wait_for(lambda: max(process_values(server, "threads")) >= 4, "their threads")
    agent.terminate()
    agent.communicate()
    finish = server.stored.finishes[EXECUTION]
    assert finish.memory_peak is not None and finish.memory_peak > 180e6


def test_the_cpu_of_short_lived_children_does_not_vanish(server: RecordingServer, agents: Agents) -> None:
    """Children that live for less than a sample, one after the other: what they used is in the samples."""
    program = """
import os, subprocess, time
while sum(os.times()[2:4]) < 0.5:
    subprocess.run(["sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"])
print(sum(os.times()[:4]))
time.sleep(1)
"""
    run(server, agents, program, MLTUI_SAMPLE_EVERY_S="0.3")
    used = float(server.stored.log(EXECUTION, STDOUT))
    samples = [
        (series.times[0], float(series.values[0]))
        for _, batch in server.stored.batches
        for series in batch.series
        if series.key == "sys/train-a/process/cpu_percent"
    ]
    seen = sum((now - then) / 1e9 * percent / 100 for (then, _), (now, percent) in pairwise(samples))
    assert seen == pytest.approx(used, rel=0.25)


def test_a_small_command_is_not_as_large_as_its_agent(server: RecordingServer, agents: Agents) -> None:
    """What Linux counts for it begins with the agent's own image, of which it is a fork."""
    kernel = "grep VmHWM /proc/$$/status; sleep 0.5"
    agents.exec("sh", "-c", kernel).communicate()
    ((execution_id, finish),) = server.stored.finishes.items()
    resident = int(server.stored.log(execution_id, STDOUT).split()[1]) * 1024
    assert finish.memory_peak is not None
    assert resident / 2 < finish.memory_peak < 3 * resident, "the shell, and a sleep or a grep beside it"


def test_a_command_that_is_over_at_once_was_seen_or_not(server: RecordingServer, agents: Agents) -> None:
    agents.exec("true").communicate()
    (finish,) = server.stored.finishes.values()
    assert finish.memory_peak is None or 0 < finish.memory_peak < 5e6


def test_a_command_shorter_than_a_sample_has_peaks(server: RecordingServer, agents: Agents) -> None:
    run(server, agents, "x = b'x' * 100_000_000; sum(i * i for i in range(300_000))", MLTUI_SAMPLE_EVERY_S="60")
    finish = server.stored.finishes[EXECUTION]
    assert finish.memory_peak is not None and finish.memory_peak > 100e6
    assert finish.cpu_peak is not None and finish.cpu_peak > 1
