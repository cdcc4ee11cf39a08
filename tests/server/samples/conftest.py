"""A run to write samples to, and an InfluxDB of the test's own."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from analyst_seed import seed
from influx_process import InfluxProcess, influxd
from sample_calls import register_run

from mltui_server.samples.inbox import Inbox
from mltui_server.samples.influx.access import Access


@pytest.fixture
async def run(http: httpx.AsyncClient) -> UUID:
    return await register_run(http)


@pytest.fixture
async def connection(dsn: str) -> AsyncIterator[psycopg.AsyncConnection]:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
async def inbox(database) -> Inbox:
    return Inbox(database.pool, 1_000_000)


@pytest.fixture(scope="module")
def seeded(influx) -> Access:
    """A database with what the analysts' questions are asked of."""
    access = influx(f"test-{uuid4().hex}")
    asyncio.run(seed(access))
    return access


@pytest.fixture
def influx_process(tmp_path: Path) -> Iterator[InfluxProcess]:
    """A server of the test's own, to be stopped and killed."""
    process = InfluxProcess(influxd(), tmp_path / "influxd")
    process.start()
    yield process
    process.stop()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of its own, of 24 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)
