"""INFLUX_URL names something else: one line says what is there and what would be right, and no server starts on it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
from structlog.testing import capture_logs

from mltui_server.app import create_app
from mltui_server.samples.influx.access import Access, Retention
from mltui_server.samples.influx.store import InfluxStore
from mltui_server.samples.store import WrongAddress

EMPTY = b"Content-Length: 0\r\n\r\n"
WEB_SERVER = b"HTTP/1.1 200 OK\r\n" + EMPTY
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\n" + EMPTY
MOVED = b"HTTP/1.1 301 Moved\r\nLocation: https://influx.example/ping\r\n" + EMPTY
TLS_ONLY = b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\n" + EMPTY


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[str]:
    """The address of a server that answers everything like this."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.close()


async def said_of(url: str) -> str:
    """What a first use is answered, and health after it."""
    store = InfluxStore(Access(url, "lab"), Retention())
    with pytest.raises(WrongAddress) as refusal:
        await store.write([1], [])
    said = str(refusal.value)
    health = await store.health()
    assert (health.status, health.detail) == ("degraded", f"{said}; samples wait in the inbox")
    assert "\n" not in said
    await store.close()
    return said


@pytest.mark.parametrize(("answer", "says"), [
    (WEB_SERVER, "is no InfluxDB (/ping: HTTP 200, without X-Influxdb-Version); check INFLUX_URL"),
    (NOT_FOUND, "is no InfluxDB (/ping: HTTP 404, without X-Influxdb-Version); check INFLUX_URL"),
    (MOVED, "sends us to https://influx.example; set INFLUX_URL to where InfluxDB is"),
    (TLS_ONLY, "takes TLS only; set INFLUX_URL to https://127.0.0.1:"),
])  # fmt: skip
async def test_something_else_is_there(answer, says):
    async with answering(answer) as url:
        assert says in await said_of(url)


async def test_a_path_that_is_none(influx_access):
    said = await said_of(f"{influx_access.url}/influx")
    assert f"answers, but not under the path of {influx_access.url}/influx; INFLUX_URL has one only where" in said


async def test_tls_where_there_is_none(influx_process):
    said = await said_of(influx_process.url.replace("http:", "https:"))
    assert said.endswith(f"does not speak TLS; set INFLUX_URL to {influx_process.url}")


async def test_no_server_starts_on_something_else(settings):
    async with answering(WEB_SERVER) as url:
        here = msgspec.structs.replace(settings, influx_url=url)
        with pytest.RaisesGroup(pytest.RaisesExc(WrongAddress, match="is no InfluxDB"), flatten_subgroups=True):
            async with create_app(here, settings.database_url).lifespan():
                pass


async def test_a_proxy_before_a_server_that_is_away_stops_no_start(settings):
    async with answering(BAD_GATEWAY) as url:
        here = msgspec.structs.replace(settings, influx_url=url)
        app = create_app(here, settings.database_url)
        with capture_logs() as logs:
            async with app.lifespan():
                [store, *_] = await app.state.samples.health()
    assert (store.status, "HTTP 502" in store.detail, "HTTP 502" in str(logs)) == ("degraded", True, True)
