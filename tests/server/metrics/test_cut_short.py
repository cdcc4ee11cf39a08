"""InfluxDB goes away in the middle of a file: the file has no end that looks like one, and the log one line."""

import signal
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from influx_process import InfluxProcess, influxd
from point_calls import at, make, send
from structlog.testing import capture_logs

from mltui_server.app import create_app
from mltui_server.samples.influx import point_store
from mltui_server.settings import Settings
from tests.server.live.conftest import Server, bound

LONG, POINTS, BATCH = "x" * 500, 30_000, 10_000
"""Together more than all buffers between the store and the client hold."""


@pytest.fixture
def influx(tmp_path: Path) -> Iterator[InfluxProcess]:
    """A server of the test's own, to be killed."""
    process = InfluxProcess(influxd(), tmp_path / "influxd")
    process.start()
    yield process
    process.stop()


@pytest.fixture
def settings(tmp_path: Path, dsn: str, influx: InfluxProcess) -> Settings:
    """Of this one store."""
    return Settings(data_dir=str(tmp_path / "data"), database_url=dsn, port=0, influx_url=influx.url)


@asynccontextmanager
async def served(settings):
    server = Server(create_app(settings, settings.database_url), bound())
    await server.started()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", trust_env=False) as http:
            yield http
    finally:
        await server.stop()


@pytest.mark.parametrize("format_", ["csv", "json"])
async def test_a_file_that_breaks_off_looks_so(format_, settings, influx, monkeypatch, caplog):
    monkeypatch.setattr(point_store, "PAGE_ROWS", 1_000)
    async with served(settings) as http:
        await make(http, "depth", "gauge", "queue")
        for first in range(0, POINTS, BATCH):
            numbers = range(first, first + BATCH)
            await send(http, "depth", *({"labels": {"queue": LONG}, "value": n, "timestamp": at(n)} for n in numbers))
        with capture_logs() as logs:
            async with http.stream("GET", "/api/v1/metrics/depth/data", params={"format": format_}) as answer:
                assert answer.status_code == 200
                influx.stop(signal.SIGKILL)
                with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
                    await answer.aread()
    [said] = [line for line in logs if line["event"] == "answer cut short"]
    assert f"InfluxDB at {influx.url} cannot be reached" in said["reason"]
    assert (said["path"], said["exc_info"]) == ("/api/v1/metrics/depth/data", None)
    assert not [record for record in caplog.records if record.exc_info]
