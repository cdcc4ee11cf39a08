"""Operational metrics are tested on every store that there is."""

from pathlib import Path

import pytest
from influx_process import influx_settings

from mltui_server.settings import Settings


@pytest.fixture(params=["duckdb", "influx"])
def settings(request: pytest.FixtureRequest, tmp_path: Path, dsn: str) -> Settings:
    place = {}
    if request.param == "influx":
        access = request.getfixturevalue("influx_access")
        place = influx_settings(access)
    return Settings(data_dir=str(tmp_path / "data"), database_url=dsn, port=0, **place)
