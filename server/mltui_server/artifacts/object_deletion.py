"""Deleting objects surely: the wish is a row, written by the transaction that makes the object superfluous."""

from collections.abc import Sequence

import structlog
from psycopg_pool import AsyncConnectionPool
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from mltui_server.artifacts.models import ObjectDeletion
from mltui_server.artifacts.store import ArtifactStore, StoreError

SWEEP = 100
"""Objects deleted in one transaction."""
# Whoever writes an object holds this lock on its path, and what it writes is deleted after that.
CLAIM = """
WITH oldest AS MATERIALIZED (SELECT path FROM object_deletion ORDER BY requested_at LIMIT %s)
SELECT path FROM oldest WHERE pg_try_advisory_xact_lock(hashtextextended(path, 0))"""

logger = structlog.get_logger(__name__)


async def forget_objects(session: AsyncSession, paths: Sequence[str]) -> None:
    """Have these objects deleted, in the background, once this transaction is committed."""
    if paths:
        rows = [{"path": path} for path in paths]
        await session.execute(insert(ObjectDeletion).values(rows).on_conflict_do_nothing())


async def sweep(pool: AsyncConnectionPool, store: ArtifactStore) -> int:
    """Delete what is to be deleted, and say how many objects that were. Several servers may sweep side by side."""
    deleted = 0
    while True:
        async with pool.connection() as connection, connection.transaction():
            rows = await (await connection.execute(CLAIM, [SWEEP])).fetchall()
            done = [path for (path,) in rows if await _delete(store, path)]
            await connection.execute("DELETE FROM object_deletion WHERE path = ANY(%s)", [done])
        deleted += len(done)
        if len(done) < SWEEP:
            return deleted


async def _delete(store: ArtifactStore, path: str) -> bool:
    try:
        await store.delete(path)
    except StoreError as error:
        logger.warning("an object could not be deleted; trying again", path=path, error=str(error))
        return False
    return True
