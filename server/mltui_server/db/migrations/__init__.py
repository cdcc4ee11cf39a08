"""The one migration tree (Alembic), run by `mltui db upgrade` and at start in embedded mode."""
