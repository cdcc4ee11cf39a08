"""Bringing a database to this version's schema, and telling whether it is there."""

from importlib.resources import files

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from mltui_server.db.database import sqlalchemy_url
from mltui_server.settings import SettingsError

LOCK = 0x6D6C7475
"""Advisory lock, so that two servers starting together migrate once."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("mltui_server.db") / "migrations"))
    return config


def _engine(dsn: str, **more: int) -> sa.Engine:
    # Said: a database without an encoding would answer in bytes.
    return sa.create_engine(sqlalchemy_url(dsn), connect_args={"client_encoding": "UTF8", **more})


def upgrade(dsn: str) -> str:
    """Migrate to the newest schema and return its revision. Waits for another server that migrates.

    Raises SettingsError for a database that cannot hold every text.
    """
    engine = _engine(dsn)
    config = _config()
    try:
        with engine.begin() as connection:
            _check_encoding(connection)
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            return current(connection) or ""
    finally:
        engine.dispose()


def _check_encoding(connection: Connection) -> None:
    encoding = connection.scalar(sa.text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise SettingsError(
            f"the database has the encoding {encoding}, mltui needs UTF8: "
            "make another with CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0"
        )


def current(connection: Connection) -> str | None:
    """The revision that the database has, None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def current_schema(dsn: str) -> str | None:
    """The same, of the database at `dsn`."""
    engine = _engine(dsn, connect_timeout=5)
    try:
        with engine.connect() as connection:
            return current(connection)
    finally:
        engine.dispose()


def newest() -> str:
    """The revision that this version of mltui needs."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""
