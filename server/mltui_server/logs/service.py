"""The logs of a server: where they are read from, and what moves finished ones to the artifact store."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mltui_server.artifacts.store import ArtifactStore
from mltui_server.db.database import Database
from mltui_server.lib.tasks import stop
from mltui_server.logs.archive import Archivist
from mltui_server.logs.reading import Logs


@asynccontextmanager
async def logs_service(database: Database, store: ArtifactStore) -> AsyncIterator[tuple[Logs, Archivist]]:
    """The archivist works for as long as the block."""
    archivist = Archivist(database.pool, store)
    task = asyncio.create_task(archivist.run(), name="archivist")
    try:
        yield Logs(database.pool, store), archivist
    finally:
        await stop([task])
