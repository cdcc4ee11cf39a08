"""Alembic's environment: the connection is handed in by `mltui_server.db.upgrade`."""

from alembic import context

from mltui_server.db.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, compare_server_default=False)
with context.begin_transaction():
    context.run_migrations()
