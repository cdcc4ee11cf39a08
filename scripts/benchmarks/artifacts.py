"""Artifacts to a server with a local store and back, beside `cp` and plain obstore: one big file, many small ones."""

import asyncio
import os
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import obstore
from obstore.store import LocalStore

from benchmarks.figure import Figure
from benchmarks.server import bench_server
from mltui.agent.files import files_below
from mltui.artifact_files import artifacts_at, save, upload_all
from mltui.client import Client

BIG, QUICK_BIG = 1 << 30, 64 << 20
SMALL_FILES, QUICK_SMALL_FILES = 1_000, 100
SMALL = 10_000
"""Bytes."""
CP = "cp, made durable"


def figures(quick: bool) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="mltui-bench-") as name, bench_server() as server:
        folder = Path(name)
        big, many = _made(folder, QUICK_BIG if quick else BIG, QUICK_SMALL_FILES if quick else SMALL_FILES)
        yield from asyncio.run(_big(server.url, folder, big))
        yield from asyncio.run(_many(server.url, folder, many))


def _made(folder: Path, size: int, count: int) -> tuple[Path, Path]:
    big, many = folder / "big.bin", folder / "many"
    with big.open("wb") as file:
        for _ in range(size >> 20):
            file.write(os.urandom(1 << 20))
    many.mkdir()
    for number in range(count):
        (many / f"{number:05}.bin").write_bytes(os.urandom(SMALL))
    os.sync()
    return big, many


async def _big(url: str, folder: Path, big: Path) -> list[Figure]:
    size = big.stat().st_size
    what = f"{size >> 20:,} MiB file"
    copied = size / 1e6 / _cp(big, folder / "copy.bin")
    async with Client(url) as client:
        run = _run(url)
        up = size / 1e6 / await _timed(lambda: client.upload(run, big, big.name))
        [row] = await artifacts_at(client, run, big.name)
        down = size / 1e6 / await _timed(lambda: client.download(row, folder / "down.bin"))
    store = LocalStore(folder / "plain", mkdir=True)
    put = size / 1e6 / await _timed(lambda: obstore.put_async(store, "big.bin", big))
    got = size / 1e6 / await _timed(lambda: _get(store, folder / "plain.bin"))
    return [
        Figure(name=f"artifacts: {what} up", value=up, unit="MB/s", peer=CP, peer_value=copied),
        Figure(name=f"artifacts: {what} down", value=down, unit="MB/s", peer=CP, peer_value=copied),
        Figure(name=f"plain obstore: {what} in, no server", value=put, unit="MB/s", peer=CP, peer_value=copied),
        Figure(name=f"plain obstore: {what} out, no server", value=got, unit="MB/s", peer=CP, peer_value=copied),
    ]


async def _many(url: str, folder: Path, many: Path) -> list[Figure]:
    files = list(files_below(many))
    what = f"{len(files):,} files of {SMALL // 1000} kB"
    copied = len(files) / _cp(many, folder / "copies")
    async with Client(url) as client:
        run = _run(url)

        async def upload() -> None:
            async for _ in upload_all(client, run, files, lambda *_: None):
                pass

        up = len(files) / await _timed(upload)
        rows = await artifacts_at(client, run, many.name)
        down = len(files) / await _timed(lambda: save(client, rows, folder / "saved", progress=lambda _: None))
    return [
        Figure(name=f"artifacts: {what} up", value=up, unit="files/s", peer=CP, peer_value=copied),
        Figure(name=f"artifacts: {what} down", value=down, unit="files/s", peer=CP, peer_value=copied),
    ]


def _run(url: str) -> str:
    answer = httpx.post(f"{url}/api/v1/runs", json={"name": "bench"}, trust_env=False)
    return str(answer.raise_for_status().json()["id"])


def _cp(source: Path, target: Path) -> float:
    start = time.perf_counter()
    subprocess.run(["cp", "-r", source, target], check=True)
    subprocess.run(["sync", "-f", target], check=True)
    return time.perf_counter() - start


async def _timed(do: Callable[[], Awaitable[object]]) -> float:
    start = time.perf_counter()
    await do()
    return time.perf_counter() - start


async def _get(store: LocalStore, file: Path) -> None:
    with file.open("wb") as opened:
        async for piece in (await obstore.get_async(store, "big.bin")).stream(min_chunk_size=1 << 20):
            opened.write(bytes(piece))
