"""Postgres goes away and comes back: sockets stay open, and nothing of before, meanwhile or after is missed."""

import os
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import psycopg

from mltui_server.app import create_app
from mltui_server.db.embedded import embedded_postgres
from mltui_server.db.upgrade import upgrade
from mltui_server.settings import Settings
from tests.server.live.conftest import Server, bound

RECORD = "INSERT INTO event (actor, action, object_type, object_id, run_id) VALUES ('a', 'run.start', 'run', %s, %s)"


async def test_clients_wait_out_a_restart_of_postgres(tmp_path: Path):
    # Run as root, Postgres is another user, who must be able to walk in here.
    for parent in [tmp_path, *tmp_path.parents][:4]:
        if parent.stat().st_uid == os.getuid():
            parent.chmod(0o755)
    with ExitStack() as first:
        dsn = first.enter_context(embedded_postgres(tmp_path))
        upgrade(dsn)
        server = Server(create_app(Settings(data_dir=str(tmp_path / "data"), database_url=dsn), dsn), bound())
        await server.started()
        async with server.client() as client:
            await client.subscribe("runs")
            await client.hear_of("runs")
            unsaid, after = uuid4(), uuid4()
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute(RECORD, [str(unsaid), unsaid])
            first.close()
            await client.subscribe("events")
            await client.nothing_but()
            with embedded_postgres(tmp_path) as again:
                assert again == dsn
                await client.hear_of("runs", str(unsaid))
                with psycopg.connect(dsn, autocommit=True) as connection:
                    connection.execute(RECORD, [str(after), after])
                    connection.execute("SELECT pg_notify('mltui', 'events')")
                await client.hear_of("runs", str(after))
                assert "events" in client.cursors
                await server.stop()
