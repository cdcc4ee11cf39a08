"""Settings choose the store, and a server starts whether or not InfluxDB is there."""

import msgspec
import pytest
from influx_process import direct, influx_settings
from litestar.testing import AsyncTestClient
from sample_calls import register_run, summaries, until
from structlog.testing import capture_logs

from mltui_server.app import create_app
from mltui_server.samples import flusher
from mltui_server.samples.duckdb_store import DuckDBStore
from mltui_server.samples.influx.access import Access, access_from
from mltui_server.samples.influx.store import InfluxStore
from mltui_server.samples.service import open_store
from mltui_server.settings import Settings, SettingsError, load_settings

NOW = 1_790_000_000 * 10**9


async def test_an_address_chooses_influxdb(tmp_path):
    embedded = open_store(Settings(data_dir=str(tmp_path)))
    influx = open_store(Settings(data_dir=str(tmp_path), influx_url="http://127.0.0.1:8086/"))
    assert (type(embedded), type(influx)) == (DuckDBStore, InfluxStore)
    await embedded.close()
    await influx.close()


@pytest.mark.parametrize("url", [
    "127.0.0.1:8086", "http://", "ftp://host", "http://host:99999", "http://host:port", "http://ho st:80",
    "http://host:8086?db=x", "http://ada:hidden@host:8086",
])  # fmt: skip
def test_a_wrong_address_is_one_clear_line(url):
    with pytest.raises(SettingsError, match=r"INFLUX_URL.*it looks like http://127\.0\.0\.1:8086") as refusal:
        access_from(Settings(influx_url=url))
    assert "\n" not in str(refusal.value)
    assert "hidden" not in str(refusal.value)


async def test_a_start_says_that_influxdb_is_away(settings):
    here = msgspec.structs.replace(settings, influx_url="http://127.0.0.1:9")
    with capture_logs() as logs:
        async with AsyncTestClient(create_app(here, settings.database_url)):

            async def said() -> bool:
                return any("127.0.0.1:9 cannot be reached" in str(line.get("reason")) for line in logs)

            await until(said)


@pytest.mark.parametrize(("variable", "value"), [
    ("INFLUX_RETENTION", "30"), ("INFLUX_RETENTION", "0d"), ("INFLUX_RESOURCE_RETENTION", "1y"),
    ("INFLUX_ROLLUP_RETENTION", "1m"),
    ("INFLUX_DATABASE", 'a"b'), ("INFLUX_DATABASE", ""),
])  # fmt: skip
def test_wrong_settings(variable, value, tmp_path):
    environment = {"MLTUI_CONFIG": str(tmp_path / "server.toml"), variable: value}
    (tmp_path / "server.toml").write_text("")
    if value:
        with pytest.raises(SettingsError, match=variable):
            load_settings(environment)
    else:
        assert load_settings(environment).influx_database == "mltui"


def test_a_secret_of_the_wrong_type_is_not_said(tmp_path):
    (tmp_path / "server.toml").write_text("influx_token = [424242]")
    with pytest.raises(SettingsError, match="influx_token") as refusal:
        load_settings({"MLTUI_CONFIG": str(tmp_path / "server.toml")})
    assert "424242" not in str(refusal.value)


def test_secrets_are_in_no_repr():
    assert "hidden" not in repr(Access("http://h", "db", password="hidden", token="hidden"))


async def test_a_server_starts_without_influxdb_and_moves_samples_when_it_comes(settings, influx_process, monkeypatch):
    monkeypatch.setattr(flusher, "LONGEST_DELAY_S", 0.2)
    influx_process.stop()
    away = msgspec.structs.replace(settings, influx_url=influx_process.url)
    async with AsyncTestClient(create_app(away, away.database_url)) as http:
        run = await register_run(http)
        body = {"series": [{"key": "loss", "times": [NOW, NOW], "values": [1.0, 2.0], "steps": [0, 1]}]}
        assert (await http.post(f"/api/v1/runs/{run}/samples", json=body)).status_code == 202
        health = await http.get("/health")
        assert (health.status_code, health.json()["status"]) == (200, "degraded")
        assert (await http.get(f"/api/v1/runs/{run}/series")).status_code in (200, 503)
        influx_process.start()
        assert (await summaries(http, run, 2))["loss"]["last"] == 2.0
        answer = (await http.get(f"/api/v1/runs/{run}/series", params={"x": "step", "buckets": 2})).json()
        assert answer["series"][0]["count"] == [1, 1]

        async def well() -> bool:
            return (await http.get("/health")).json()["status"] == "ok"

        await until(well)


async def test_resources_know_their_node(settings, influx_access, database):
    here = msgspec.structs.replace(settings, **influx_settings(influx_access))
    async with AsyncTestClient(create_app(here, here.database_url)) as http:
        run = await register_run(http)
        async with database.pool.connection() as connection:
            for host, started in (("alpha", NOW - 10**8), ("beta", NOW + 10**8)):
                await connection.execute(
                    "INSERT INTO execution (id, run_id, scope, engine, status, command, host, started_at) "
                    "VALUES (gen_random_uuid(), %s, 'train', 'local', 'completed', '[]', %s, to_timestamp(%s))",
                    [run, host, started / 10**9],
                )
        for time in (NOW, NOW + 10**9):
            body = {"series": [{"key": "sys/train/host/cpu", "times": [time], "values": [1.0]}]}
            await http.post(f"/api/v1/runs/{run}/samples", json=body)
            await summaries(http, run, 1 if time == NOW else 2)
    async with direct(influx_access) as client:
        query = f'SELECT count("cpu") FROM "{influx_access.database}"."resource"."resource" GROUP BY "node"'
        found = (await client.post("/query", data={"q": query})).json()["results"][0]["series"]
    assert [(one["tags"]["node"], one["values"][0][1]) for one in found] == [("alpha", 1), ("beta", 1)]
