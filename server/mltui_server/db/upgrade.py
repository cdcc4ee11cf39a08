"""Bringing a database to this version's schema, and telling whether it is there."""

from importlib.resources import files

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from mltui_server.db.database import sqlalchemy_url

LOCK = 0x6D6C7475
"""Advisory lock, so that two servers starting together migrate once."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("mltui_server.db") / "migrations"))
    return config


def upgrade(dsn: str) -> str:
    """Migrate to the newest schema and return its revision. Waits for another server that migrates."""
    engine = sa.create_engine(sqlalchemy_url(dsn))
    config = _config()
    try:
        with engine.begin() as connection:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            return current(connection) or ""
    finally:
        engine.dispose()


def current(connection: Connection) -> str | None:
    """The revision that the database has, None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def current_schema(dsn: str) -> str | None:
    """The same, of the database at `dsn`."""
    engine = sa.create_engine(sqlalchemy_url(dsn), connect_args={"connect_timeout": 5})
    try:
        with engine.connect() as connection:
            return current(connection)
    finally:
        engine.dispose()


def newest() -> str:
    """The revision that this version of mltui needs."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""
