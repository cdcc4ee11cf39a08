"""Postgres: the base of all models, connections, the embedded server, migrations."""
