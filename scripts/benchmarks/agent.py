"""What tracking costs a program: one `run.log`, and the agent beside a busy process."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from benchmarks.figure import Figure
from benchmarks.server import BenchServer, bench_server

LOG_CALLS = 200_000
BUSY_S = 60.0
PROGRAM = """\
import sys, time, mltui
run, calls = mltui.start_run("bench"), int(sys.argv[1])
def cost(call):
    began = time.perf_counter()
    for step in range(calls):
        call(step)
    return (time.perf_counter() - began) / calls * 1e6
naive = open(sys.argv[2], "a", buffering=1)
tracked = cost(lambda step: run.log({"loss": 0.5}, step=step))
written = cost(lambda step: naive.write(f"loss,{step},{time.time_ns()},0.5\\n"))
print(tracked, written)
"""
BUSY = "import time; end = time.monotonic() + float(__import__('sys').argv[1])\nwhile time.monotonic() < end: pass"


def figures(quick: bool) -> Iterator[Figure]:
    with bench_server() as server:
        yield _log_cost(server, LOG_CALLS // 20 if quick else LOG_CALLS)
        yield _overhead(server, BUSY_S / 10 if quick else BUSY_S)


def _environment(server: BenchServer) -> dict[str, str]:
    return os.environ | {"MLTUI_URL": server.url, "MLTUI_SPOOL": str(server.data / "bench-spool")}


def _log_cost(server: BenchServer, calls: int) -> Figure:
    with tempfile.NamedTemporaryFile() as naive:
        output = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(calls), naive.name],
            env=_environment(server),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    tracked, written = map(float, output.split())
    return Figure(
        name="run.log, one key, shipping beside it",
        value=tracked,
        unit="µs",
        aim="< 20",
        peer="a line written to a file",
        peer_value=written,
    )


def _overhead(server: BenchServer, seconds: float) -> Figure:
    """CPU time of the agent and its guard, without the command's own, over the wall time of a busy command."""
    agent = subprocess.Popen(
        [str(Path(sys.executable).parent / "mltui"), "exec", "--", sys.executable, "-c", BUSY, str(seconds)],
        env=_environment(server),
    )
    process = psutil.Process(agent.pid)
    time.sleep(1.0)  # its start is paid once, not every second
    before, began = _cpu_s(process), time.monotonic()
    time.sleep(max(1.0, seconds - 2.0))
    used, elapsed = _cpu_s(process) - before, time.monotonic() - began
    agent.wait()
    return Figure(
        name="agent at 1 Hz beside a busy process",
        value=used / elapsed * 100,
        unit="% CPU",
        aim="< 1",
        peer="the busy process",
        peer_value=100.0,
    )


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
