"""The server in this process, over its ASGI door, on a real Postgres; and InfluxDB where there is one."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from influx_process import InfluxProcess, influxd, named_access
from litestar import Litestar
from litestar.testing import AsyncTestClient

from mltui_server.app import create_app
from mltui_server.samples.duckdb_store import DuckDBStore
from mltui_server.samples.influx.access import Access, Retention
from mltui_server.samples.influx.store import InfluxStore
from mltui_server.settings import Settings


@pytest.fixture(scope="session")
def parts() -> Litestar:
    """A server put together once, which takes longer than most tests do. Each starts it on settings of its own."""
    return create_app(Settings(), "")


@pytest.fixture
async def http(parts: Litestar, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a whole server: its background services run."""
    parts.state.settings, parts.state.dsn = settings, settings.database_url
    async with AsyncTestClient(parts) as client:
        client.headers["X-Mltui-User"] = "ada"
        yield client


@pytest.fixture(scope="session")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Access | None]]:
    """Access to a database by name, on the one server of this session. Skips where there is none."""
    if named_access(""):
        yield named_access
        return
    process = InfluxProcess(influxd(), tmp_path_factory.mktemp("influxd"))
    process.start()
    yield lambda database: Access(process.url, database)
    process.stop()


@pytest.fixture
def influx_access(influx) -> Access:
    """A database of the test's own, not made yet."""
    return influx(f"test-{uuid4().hex}")


OpenStore = Callable[[str], DuckDBStore | InfluxStore]


@pytest.fixture
async def open_sample_store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenStore]:
    """Opens the store of the test, by a word that begins with `duckdb` or `influx`.

    Opened again, DuckDB is the same one, which owns its file, and InfluxDB what another server has of the database.
    """
    opened: list[DuckDBStore | InfluxStore] = []

    def open_(kind: str) -> DuckDBStore | InfluxStore:
        if kind.startswith("influx"):
            opened.append(InfluxStore(request.getfixturevalue("influx_access"), Retention()))
        elif not opened:
            opened.append(DuckDBStore(tmp_path / "samples.duckdb", "128MB"))
        return opened[-1]

    yield open_
    for store in opened:
        await store.close()
