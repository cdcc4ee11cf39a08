"""Why a command failed, where it said so itself: an exit code alone helps nobody."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.states import Status
from mltui_server.ingestion.models import IngestionJob


async def reason_said(session: AsyncSession, run_id: UUID) -> str | None:
    """Of a run that does an ingestion job: what its worker failed the job with, before it ended."""
    job = select(IngestionJob.error_message).where(
        IngestionJob.run_id == run_id, IngestionJob.status == Status.FAILED.value
    )
    said: str | None = await session.scalar(job)
    return said
