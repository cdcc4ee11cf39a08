"""What people and programs do with ingestion jobs: add, start, complete, fail, cancel, retry. Deleting: removal.py."""

from collections.abc import Mapping

from msgspec import UNSET, to_builtins
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from mltui.wire.datasets import CreateDataset
from mltui.wire.ingestion import CompleteJob, CreateJob, FailJob, Made, Progress, Runner, check_delimiter
from mltui.wire.sources import check_source, name_of
from mltui.wire.sql_types import check_type
from mltui.wire.states import AGAIN, LIVE, IllegalTransition, Status
from mltui_server.artifacts import service as artifacts
from mltui_server.datasets import service as datasets
from mltui_server.db.base import DELETED_TOO
from mltui_server.events.service import record
from mltui_server.ingestion.models import IngestionJob
from mltui_server.ingestion.starting import begin_attempt
from mltui_server.lib.errors import Conflict, Invalid, NotFound
from mltui_server.lib.ids import parse_id
from mltui_server.lib.principal import Principal
from mltui_server.runs import cancel as run_cancel
from mltui_server.runs.transitions import move

AGENT = Runner.AGENT.value


async def find(session: AsyncSession, key: str, *, lock: bool = False, deleted_too: bool = False) -> IngestionJob:
    """The job with this id. Raises NotFound."""
    statement = select(IngestionJob).where(IngestionJob.id == parse_id("ingestion job", key))
    statement = statement.execution_options(**{DELETED_TOO: deleted_too})
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    job = await session.scalar(statement)
    if job is None:
        raise NotFound("ingestion job", key)
    return job


async def add(session: AsyncSession, principal: Principal, request: CreateJob) -> IngestionJob:
    """A pending job; started, if that is asked for. Raises Invalid for what cannot be read, or not so."""
    try:
        check_source(request.uri, read_here=request.runner is Runner.AGENT)
    except ValueError as error:
        raise Invalid(f"$.uri: {error}") from None
    try:
        if request.options.delimiter is not None:
            check_delimiter(request.options.delimiter)
    except ValueError as error:
        raise Invalid(f"$.options.delimiter: {error}") from None
    _check_types(request.options.types)
    job = IngestionJob(
        name=request.name if request.name is not UNSET else name_of(request.uri),
        uri=request.uri,
        status=Status.PENDING.value,
        runner=request.runner.value,
        options=to_builtins(request.options),
        attempt_number=0,
        created_by=principal.name,
    )
    session.add(job)
    await session.flush()
    after = {"name": job.name, "uri": job.uri, "runner": job.runner, "options": job.options}
    await record(session, principal, "ingestion_job.create", job.id, after=after)
    if request.start:
        await _start(session, principal, job)
    return job


def _check_types(types: Mapping[str, str]) -> None:
    for column, kind in types.items():
        try:
            check_type(kind)
        except ValueError as error:
            raise Invalid(f"$.options.types.{column}: {error}") from None


async def start(session: AsyncSession, principal: Principal, key: str, reason: str) -> IngestionJob:
    """Have it done by an agent; of a job that runs outside: say that it has been started. Raises IllegalTransition."""
    job = await find(session, key, lock=True)
    await _start(session, principal, job, reason)
    return job


async def _start(session: AsyncSession, principal: Principal, job: IngestionJob, reason: str = "") -> None:
    if job.runner == AGENT:
        if job.status != Status.PENDING.value:
            raise IllegalTransition(f"ingestion job {job.name!r}", Status(job.status), Status.QUEUED)
        await begin_attempt(session, principal, job)
        job.attempt_number += 1
        await move(session, principal, job, Status.QUEUED, run_id=job.run_id, message=reason)
        return
    if job.status == Status.PENDING.value:
        await move(session, principal, job, Status.QUEUED, run_id=None)
        job.attempt_number += 1
    await move(session, principal, job, Status.RUNNING, run_id=None, message=reason)


async def progress(session: AsyncSession, key: str, request: Progress) -> IngestionJob:
    """How far it is, which makes no event. Raises Conflict for an attempt that is not the last, or has ended."""
    job = await find(session, key, lock=True)
    _check_speaker(job, request.run)
    if job.status not in (Status.RUNNING.value, Status.CANCELLING.value):
        raise Conflict(f"ingestion job {job.name!r} is {job.status}; only a running one has progress")
    for name in ("bytes", "rows"):
        said, known = getattr(request, name), getattr(job, name)
        if said is not None and said >= (known or 0):
            setattr(job, name, said)
    if request.bytes_total is not None:
        job.bytes_total = request.bytes_total
    # One that stands still was heard of too, so that its pace sinks.
    flag_modified(job, "bytes")
    await session.flush()
    return job


async def complete(session: AsyncSession, principal: Principal, key: str, request: CompleteJob) -> IngestionJob:
    """Its own run says what it made, which becomes a dataset with this; people say why for one that runs outside.

    Said again by the same run, nothing changes. Raises IllegalTransition, Conflict, Invalid.
    """
    job = await find(session, key, lock=True)
    _check_speaker(job, request.run)
    if job.runner == AGENT:
        if request.made is None:
            raise Invalid("$.made: the run says which dataset it made")
        if job.status != Status.COMPLETED.value:
            await _complete_with(session, principal, job, request.made)
        return job
    _need_reason(job, request.reason, "completed")
    before = job.dataset_id
    if request.dataset is not None:
        job.dataset_id = (await datasets.find(session, request.dataset)).id
    after = {"dataset": str(job.dataset_id)} if job.dataset_id != before else {}
    await move(session, principal, job, Status.COMPLETED, run_id=None, message=request.reason, after=after)
    return job


async def _complete_with(session: AsyncSession, principal: Principal, job: IngestionJob, made: Made) -> None:
    artifact = await artifacts.find(session, made.artifact)
    if artifact.run_id != job.run_id:
        raise Invalid(f"$.made.artifact: {made.artifact} is no artifact of run {job.run_id}")
    dataset = await datasets.register(session, principal, CreateDataset(
        artifact=made.artifact, name=job.name, format="parquet", row_count=made.row_count, schema=made.schema,
        profile=made.profile, source_uri=job.uri,
    ))  # fmt: skip
    job.dataset_id, job.rows, job.rows_set_aside = dataset.id, made.row_count, made.rows_set_aside
    job.bytes = job.bytes_total = made.bytes
    after = {"dataset": str(dataset.id), "rows": made.row_count, "rows_set_aside": made.rows_set_aside}
    await move(session, principal, job, Status.COMPLETED, run_id=job.run_id, after=after)


async def fail(session: AsyncSession, principal: Principal, key: str, request: FailJob) -> IngestionJob:
    """Its own run says why it fails, or people do of one that runs outside. Raises IllegalTransition, Conflict."""
    job = await find(session, key, lock=True)
    _check_speaker(job, request.run)
    again = job.runner == AGENT and job.status == Status.FAILED.value
    if not again:
        _need_reason(job, request.reason, "failed")
        await move(session, principal, job, Status.FAILED, run_id=job.run_id, error=request.reason)
    return job


async def cancel(session: AsyncSession, principal: Principal, key: str, reason: str) -> IngestionJob:
    """Stop it: its run, where it has one that is live. Cancelling twice changes nothing. Raises IllegalTransition."""
    job = await find(session, key)
    why = reason or f"cancelled by {principal.name}"
    if job.run_id is not None and Status(job.status) in LIVE:
        # The run is locked before its job, here as everywhere.
        await run_cancel.cancel(session, principal, str(job.run_id), why)
        return await find(session, key, lock=True)
    job = await find(session, key, lock=True)
    await move(session, principal, job, Status.CANCELLED, run_id=job.run_id, error=why)
    return job


async def retry(session: AsyncSession, principal: Principal, key: str, reason: str) -> IngestionJob:
    """A further attempt, from the start. Raises IllegalTransition unless it failed or was cancelled."""
    job = await find(session, key, lock=True)
    current = Status(job.status)
    if current not in AGAIN:
        raise IllegalTransition(f"ingestion job {job.name!r}", current, Status.PENDING)
    before = {"status": current.value, "error": job.error_message, "attempt": job.attempt_number}
    job.status = Status.PENDING.value
    job.bytes = job.bytes_total = job.rows = job.rows_set_aside = None
    job.error_message = job.started_at = job.completed_at = job.execution_time = None
    await session.flush()
    after = {"status": Status.PENDING.value, "attempt": job.attempt_number + 1}
    await record(
        session, principal, "ingestion_job.retry", job.id, run_id=job.run_id, before=before, after=after, message=reason
    )
    if job.runner == AGENT:
        await _start(session, principal, job)
    return job


def _check_speaker(job: IngestionJob, run: str | None) -> None:
    """Of a job that an agent here does, only the run of its last attempt may say how it goes."""
    if job.runner != AGENT:
        if run is not None:
            raise Conflict(f"ingestion job {job.name!r} runs outside; no run of this server does it")
    elif run is None:
        raise Conflict(f"ingestion job {job.name!r} is done by an agent here, which says itself how it ends; it can be "
                       "cancelled")  # fmt: skip
    elif parse_id("run", run) != job.run_id:
        raise Conflict(f"ingestion job {job.name!r} is at attempt {job.attempt_number}, which is run {job.run_id}; "
                       "to try it again, retry the job, not its run")  # fmt: skip


def _need_reason(job: IngestionJob, reason: str, what: str) -> None:
    if not reason.strip():
        raise Invalid(f"$.reason: say why ingestion job {job.name!r} has {what}")
