"""A failed run with all that tells why: what its log said, from which code it ran, what it took from the machine."""

from datetime import timedelta
from typing import Any

import httpx
import msgspec
from console_server import NOW, ConsoleServer, run_id

from mltui.wire.logs import STDERR, STDOUT, LogChunk, LogRecord

FAILED, GOOD = 2, 5
"""Runs of one pipeline, by their number."""
STAGE = "train-network"
LINES = [f"epoch {i:>2}  loss {2 / (i + 1):.4f}" for i in range(30)]
TRACEBACK = [
    "Traceback (most recent call last):",
    '  File "train.py", line 88, in <module>',
    "    main(parse())",
    '  File "train.py", line 61, in main',
    "    loss = step(batch.to(device))",
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has 79.1 GiB, of which 1.2 are free",
]
DIFF = """diff --git a/train.py b/train.py
index 8f14e45..c9f0f89 100644
--- a/train.py
+++ b/train.py
@@ -58,7 +58,8 @@ def main(args):
     for batch in loader:
-        loss = step(batch)
+        # Larger batches, as the other GPU has room.
+        loss = step(batch.to(device))
         run.log({"loss": loss})
"""
USUAL: dict[str, Any] = {
    "branch": "main", "remote": "https://***@git.example/team/digits.git", "directory": "/home/ada/digits",
    "command": ["python", "train.py", "--api-key", "***"], "host": "ada-laptop", "os": "Linux-6.18-x86_64",
    "python": "CPython 3.12.1", "memory_limit": 16 * 2**30, "executable": "/home/ada/digits/.venv/bin/python",
}  # fmt: skip


def add_failure(server: ConsoleServer) -> None:
    good = {"commit": "5d41402abc4b2a76b9719d911017c592ae3f0a51", "packages": {"numpy": "2.4.6", "torch": "2.8.0"},
            "environment": {"CUDA_VISIBLE_DEVICES": "0,1"}}  # fmt: skip
    bad = {"commit": "7d793037a0760186574b0282f2f435e7cc10ab22", "packages": {"numpy": "2.4.6", "torch": "2.9.1"},
           "environment": {"CUDA_VISIBLE_DEVICES": "0", "HF_TOKEN": "***"}, "dirty": True, "diff": DIFF,
           "untracked": ["notes.txt", "out/"]}  # fmt: skip
    for number, code in ((GOOD, good), (FAILED, bad)):
        at = (NOW - timedelta(minutes=7 * number + 3)).isoformat()
        server.post(f"/runs/{run_id(number)}/code", {"captured_at": at, "scope": STAGE} | USUAL | code)
    begun = int((NOW - timedelta(minutes=7 * FAILED + 2)).timestamp()) * 10**9
    said = [(STDOUT, line) for line in LINES] + [(STDERR, line) for line in TRACEBACK]
    records = [LogRecord(begun + i * 10**9, stream, f"{line}\n".encode()) for i, (stream, line) in enumerate(said)]
    send(server, LogChunk(1, records))
    gib = 2.0**30
    taken = {"process/memory_bytes": 11.2 * gib, "host/memory_percent": 71.0, "host/disk_used_percent": 93.0,
             "gpu0/memory_bytes": 77.9 * gib, "gpu0/utilization_percent": 98.0}  # fmt: skip
    times = [begun + i * 10**9 for i in range(30)]
    series = [
        {"key": f"sys/{STAGE}/{key}", "times": times, "values": [value * min(1, 0.6 + i / 60) for i in range(30)]}
        for key, value in taken.items()
    ]
    rising = [*(float(i) for i in range(25)), *["NaN"] * 5]
    series.append({"key": "grad_norm", "times": times, "steps": list(range(0, 300, 10)), "values": rising})
    server.post(f"/runs/{run_id(FAILED)}/samples", {"series": series})


def send(server: ConsoleServer, chunk: LogChunk) -> None:
    """The next chunk of what the failed stage said."""
    httpx.post(
        f"{server.url}/api/v1/executions/{run_id(2000 + 10 * FAILED + 4)}/log",
        content=msgspec.msgpack.encode(chunk),
        headers={"Content-Type": "application/msgpack"},
    ).raise_for_status()
