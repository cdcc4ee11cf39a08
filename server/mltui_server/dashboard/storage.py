"""How full disk, database and stores are."""

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.artifacts import ArtifactStatus
from mltui.wire.dashboard import Storage, TableSize
from mltui_server.artifacts.models import Artifact
from mltui_server.logs.models import LogChunk
from mltui_server.samples.store import SampleStore

MEASURE_EVERY = timedelta(minutes=1)
"""Sums over whole tables, of what grows slowly, are not made for each console and each of its looks."""
LARGEST = 5

DATABASE = text("SELECT pg_database_size(current_database())")
TABLES = text("""
SELECT relname, pg_total_relation_size(oid) AS size FROM pg_class
WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace ORDER BY size DESC, relname LIMIT :largest""")
_contents = (
    select(Artifact.sha256, Artifact.storage_type, Artifact.file_size)
    .where(Artifact.status == ArtifactStatus.READY.value)
    .distinct()
    .subquery()
)
FILES = select(
    select(func.coalesce(func.sum(func.coalesce(func.octet_length(LogChunk.body), LogChunk.stored_size)), 0))
    .scalar_subquery(),
    select(func.coalesce(func.sum(_contents.c.file_size), 0)).scalar_subquery(),
)  # fmt: skip


class StorageGauge:
    """Measures at most once a minute. `data_path` is the folder whose disk is meant."""

    def __init__(self, data_path: Path, samples: SampleStore) -> None:
        self._data_path, self._samples = data_path, samples
        self._last: Storage | None = None

    async def read(self, session: AsyncSession) -> Storage:
        now = datetime.now(UTC)
        if self._last is None or now - self._last.measured_at >= MEASURE_EVERY:
            self._last = await self._measure(session, now)
        return self._last

    async def _measure(self, session: AsyncSession, now: datetime) -> Storage:
        disk = await asyncio.to_thread(shutil.disk_usage, self._data_path)
        tables = await session.execute(TABLES, {"largest": LARGEST})
        logs, artifacts = (await session.execute(FILES)).one()
        return Storage(
            measured_at=now,
            disk_total=disk.total,
            disk_free=disk.free,
            database=(await session.execute(DATABASE)).scalar_one(),
            tables=[TableSize(name=name, size=size) for name, size in tables],
            samples=self._samples.size(),
            logs=int(logs),
            artifacts=int(artifacts),
        )
