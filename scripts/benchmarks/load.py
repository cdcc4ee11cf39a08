"""The load that sample benchmarks send: encoded beforehand, over bare sockets, so that the client costs little."""

import asyncio
import time
from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import msgspec

from mltui.wire.samples import KeySamples, SampleBatch

START_NS = 1_790_000_000 * 10**9
EVERY_NS = 1_000_000


def create_run(url: str) -> str:
    answer = httpx.post(f"{url}/api/v1/runs", json={"name": "bench"})
    answer.raise_for_status()
    return str(answer.json()["id"])


def batches(requests: int, samples: int, keys: Sequence[str]) -> list[bytes]:
    """Bodies of one writer, `samples` each, spread over the keys; steps and times go on from one to the next."""
    writer, each = uuid4().hex, samples // len(keys)
    return [
        msgspec.msgpack.encode(
            SampleBatch(series=[_columns(key, turn * each, each) for key in keys], writer=writer, seq=turn + 1)
        )
        for turn in range(requests)
    ]


def _columns(key: str, start: int, count: int) -> KeySamples:
    steps = list(range(start, start + count))
    values: list[float | str] = [(step * 7919 % 10007) / 10007 for step in steps]
    return KeySamples(key=key, times=[START_NS + step * EVERY_NS for step in steps], values=values, steps=steps)


async def post_all(url: str, run: str, writers: Sequence[Sequence[bytes]]) -> float:
    """Send each writer's bodies in order over a connection of its own; seconds until all are acknowledged."""
    address = urlsplit(url)
    head = f"POST /api/v1/runs/{run}/samples HTTP/1.1\r\nHost: bench\r\nContent-Type: application/msgpack\r\n"
    started = time.perf_counter()
    await asyncio.gather(*(_post(address.hostname or "", address.port or 80, head, bodies) for bodies in writers))
    return time.perf_counter() - started


async def _post(host: str, port: int, head: str, bodies: Sequence[bytes]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    for body in bodies:
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        if b" 202 " not in answer[:16]:
            raise RuntimeError(answer.decode())
        length = next(line for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
    writer.close()
    await writer.wait_closed()
