"""Operational metrics are tested on every store that there is."""

from pathlib import Path

import pytest

from mltui_server.settings import Settings


@pytest.fixture(params=["duckdb", "influx"])
def settings(request: pytest.FixtureRequest, tmp_path: Path, dsn: str) -> Settings:
    place = {}
    if request.param == "influx":
        access = request.getfixturevalue("influx_access")
        place = {"influx_url": access.url, "influx_database": access.database}
    return Settings(data_dir=str(tmp_path / "data"), database_url=dsn, port=0, **place)
