"""One embedded Postgres for the whole test session (shared by xdist workers), and a fresh database for each test."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import hypothesis
import psycopg
import pytest

from mltui_server.db.database import Database
from mltui_server.db.embedded import embedded_postgres
from mltui_server.db.upgrade import upgrade
from mltui_server.settings import Settings

# How long an example takes is the machine's affair.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")

TEMPLATE = "mltui_template"
COSTLY = ("fsync", "full_page_writes", "autovacuum")
"""What only a machine that loses power misses, at each of thousands of databases; tests that kill have a Postgres of
their own."""


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """libpq URL of a Postgres of this worker's own, with the migrated template database in it."""
    folder = tmp_path_factory.mktemp("postgres")
    # Run as root, Postgres is another user, who must be able to walk in here.
    for parent in [folder, *folder.parents][:3]:
        if parent.stat().st_uid == os.getuid():
            parent.chmod(0o755)
    with embedded_postgres(folder) as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            for name in COSTLY:
                connection.execute(f"ALTER SYSTEM SET {name} = off")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute(f"CREATE DATABASE {TEMPLATE}")
        upgrade(database_url(dsn, TEMPLATE))
        yield dsn


def database_url(dsn: str, name: str) -> str:
    """`dsn` with another database's name."""
    head, _, query = dsn.partition("?")
    return f"{head.rpartition('/')[0]}/{name}?{query}"


@pytest.fixture
def dsn(postgres: str) -> Iterator[str]:
    """URL of a database with the newest schema and nothing in it."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        yield database_url(postgres, name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(dsn: str):
    async with Database(dsn) as database:
        yield database


@pytest.fixture
def settings(tmp_path: Path, dsn: str) -> Settings:
    return Settings(data_dir=str(tmp_path / "data"), database_url=dsn, port=0)
