"""The server in this process, over its ASGI door, on a real Postgres."""

from collections.abc import AsyncIterator

import httpx
import pytest
from litestar.testing import AsyncTestClient

from mltui_server.app import create_app
from mltui_server.settings import Settings


@pytest.fixture
async def http(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a whole server: its background services run."""
    async with AsyncTestClient(create_app(settings, settings.database_url)) as client:
        client.headers["X-Mltui-User"] = "ada"
        yield client
