"""Logs: the tail of a million lines over HTTP, beside reading all of them; lines taken in per second, durable."""

import http.client
import time
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import msgspec
import zstandard

from benchmarks.figure import Figure
from benchmarks.server import bench_server
from mltui.wire.logs import STDOUT, LogChunk, LogRecord

LINES, QUICK_LINES = 1_000_000, 50_000
CHUNK_LINES = 2_500
TAIL = 500
REPEAT = 20


def figures(quick: bool) -> Iterator[Figure]:
    lines = QUICK_LINES if quick else LINES
    chunks = [_chunk(seq, first) for seq, first in enumerate(range(0, lines, CHUNK_LINES), start=1)]
    with bench_server() as server:
        path = _begin(server.url)
        taken = _append(server.url, path, chunks)
        with httpx.Client(base_url=server.url, timeout=60, trust_env=False) as client:
            tail = _tail_ms(client, path, lines)
    yield Figure(
        name=f"log: last {TAIL} of {lines:,} lines",
        value=tail,
        unit="ms",
        aim="<100",
        peer="decoding the whole log in Python",
        peer_value=_whole_ms(chunks),
    )
    yield Figure(
        name="log: lines taken in by one worker",
        value=lines / taken,
        unit="/s",
        peer="the same chunks decoded and compressed, no server",
        peer_value=lines / _bare_s(chunks),
    )


def _chunk(seq: int, first: int) -> bytes:
    line = b"step %d loss %.6f accuracy 0.9123 lr 0.001 images/s 1234.5\n"
    records = [LogRecord(time.time_ns(), STDOUT, line % (n, 1 / (n + 1))) for n in range(first, first + CHUNK_LINES)]
    return msgspec.msgpack.encode(LogChunk(seq, records))


def _begin(url: str) -> str:
    execution = str(uuid4())
    body = {
        "id": execution, "run_id": str(uuid4()), "run_name": "bench", "command": ["true"], "directory": "/",
        "host": "bench", "boot_id": "bench", "agent_pid": 1, "started_at": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    httpx.post(f"{url}/api/v1/executions", json=body, trust_env=False).raise_for_status()
    return f"/api/v1/executions/{execution}/log"


def _append(url: str, path: str, chunks: list[bytes]) -> float:
    """Seconds for all chunks, one after the other as an agent sends them."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    began = time.perf_counter()
    for chunk in chunks:
        connection.request("POST", path, chunk, {"Content-Type": "application/msgpack"})
        response = connection.getresponse()
        response.read()
        if response.status != 204:
            raise RuntimeError(f"the server answered {response.status}")
    return time.perf_counter() - began


def _tail_ms(client: httpx.Client, path: str, lines: int) -> float:
    """The median time to the last line on this side."""
    took = []
    for _ in range(REPEAT):
        began = time.perf_counter()
        answer = client.get(path, params={"tail": TAIL}).raise_for_status().json()
        took.append((time.perf_counter() - began) * 1000)
        if answer["lines"][-1]["n"] != lines - 1:
            raise RuntimeError("the tail is not the tail")
    return sorted(took)[REPEAT // 2]


def _whole_ms(chunks: list[bytes]) -> float:
    stored = [zstandard.ZstdCompressor(level=1).compress(chunk) for chunk in chunks]
    began = time.perf_counter()
    texts: list[str] = []
    for body in stored:
        chunk = msgspec.msgpack.decode(zstandard.ZstdDecompressor().decompress(body), type=LogChunk)
        texts += [record.body.decode() for record in chunk.records]
    return (time.perf_counter() - began) * 1000


def _bare_s(chunks: list[bytes]) -> float:
    decode, compress = msgspec.msgpack.Decoder(LogChunk).decode, zstandard.ZstdCompressor(level=1).compress
    began = time.perf_counter()
    for chunk in chunks:
        decode(chunk)
        compress(chunk)
    return time.perf_counter() - began
