"""Migrations, settings, problems."""

import pytest
import sqlalchemy as sa

from mltui_server.db import upgrade
from mltui_server.db.tables import metadata
from mltui_server.settings import Settings, SettingsError, check_address, load_settings


async def test_the_migrations_make_exactly_the_tables_of_the_models(database):
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    async with database.engine.connect() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), metadata)
        )
        assert await connection.run_sync(upgrade.current) == upgrade.newest()
    assert differences == []


async def test_events_cannot_be_changed_or_removed(database):
    async with database.session() as session:
        await session.execute(
            sa.text("INSERT INTO event (actor, action, object_type, object_id) VALUES ('a', 'run.make', 'run', '1')")
        )
    for statement in ("UPDATE event SET actor = 'b'", "DELETE FROM event", "TRUNCATE event"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            async with database.session() as session:
                await session.execute(sa.text(statement))


def test_settings_come_from_file_and_environment_and_the_environment_wins(tmp_path):
    file = tmp_path / "server.toml"
    file.write_text("port = 9000\nmax_concurrent_pipelines = 2\n")
    settings = load_settings({"MLTUI_CONFIG": str(file), "MLTUI_PORT": "9001"})
    assert (settings.port, settings.max_concurrent_pipelines, settings.pipeline_timeout) == (9001, 2, 3600.0)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"MLTUI_PORT": "http"}, "MLTUI_PORT='http' is wrong"),
        ({"MLTUI_PORT": "70000"}, "<= 65535"),
        ({"MAX_CONCURRENT_PIPELINES": "0"}, "MAX_CONCURRENT_PIPELINES='0' is wrong"),
        ({"MLTUI_LOG_LEVEL": "loud"}, "MLTUI_LOG_LEVEL='loud' is wrong: it is one of debug, info, warning, error"),
        ({"DATABASE_URL": "mysql://u:secret@h/x"}, "DATABASE_URL is wrong: postgresql://user:"),
        ({"DATABASE_URL": "postgresql://h:port/x"}, "DATABASE_URL is wrong"),
        ({"MLTUI_CONFIG": "/nowhere/server.toml"}, "no such file"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(environment, message):
    with pytest.raises(SettingsError) as caught:
        load_settings({"MLTUI_CONFIG": "/dev/null"} | environment)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_setting_in_the_file_is_refused(tmp_path):
    file = tmp_path / "server.toml"
    file.write_text("prot = 9000\n")
    with pytest.raises(SettingsError, match="unknown setting 'prot'; the settings are host, port"):
        load_settings({"MLTUI_CONFIG": str(file)})


@pytest.mark.parametrize("host", ["0.0.0.0", "10.1.2.3", "example.org", "::"])
def test_it_listens_on_loopback_only_unless_told_insecure(host):
    with pytest.raises(SettingsError, match="no login yet"):
        check_address(Settings(host=host), insecure=False)
    check_address(Settings(host=host), insecure=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_loopback_needs_no_flag(host):
    check_address(Settings(host=host), insecure=False)


async def test_an_unknown_address_points_to_the_api(http):
    problem = (await http.get("/api/v1/nothing")).json()
    assert (problem["status"], "/schema" in problem["detail"]) == (404, True)


async def test_the_api_describes_itself_offline(http):
    page = (await http.get("/schema")).text
    assert "://" not in page.replace("http://www.w3.org", "")
    assert (await http.get("/schema-static/swagger-ui-bundle.js")).status_code == 200
    paths = (await http.get("/schema/openapi.json")).json()["paths"]
    assert {"/api/v1/runs", "/api/v1/pipelines/{key}", "/health"} <= set(paths)


async def test_health_names_each_part(http):
    response = await http.get("/health")
    names = {component["name"] for component in response.json()["components"]}
    assert response.status_code == 200
    assert {"postgres", "scheduler"} <= names


async def test_prometheus_figures(http):
    text = (await http.get("/metrics")).text
    assert 'mltui_runs{status="running"} 0.0' in text
    assert 'mltui_component_up{component="postgres"} 1.0' in text
