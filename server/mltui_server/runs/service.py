"""What people and programs do with runs: start, register, cancel, retry, annotate, end, delete."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.pipelines import PipelineSpec, StartRun
from mltui.wire.runs import CreateRun, FinishRun, PatchRun, RecordRun, RunDetail, TriggerType
from mltui.wire.states import ENDED, Status
from mltui_server.events.service import record as record_event
from mltui_server.lib.errors import Conflict, Invalid, NotFound
from mltui_server.lib.ids import new_id, parse_id
from mltui_server.lib.principal import Principal
from mltui_server.pipelines import service as pipelines
from mltui_server.pipelines.models import Pipeline, Stage
from mltui_server.pipelines.queries import specification
from mltui_server.runs.models import Run, RunParameter, RunTag, StageRun
from mltui_server.runs.queries import run_detail
from mltui_server.runs.transitions import move, wake_scheduler

Parameters = Mapping[str, str | int | float | bool | None]


async def find(session: AsyncSession, key: str, *, lock: bool = False) -> Run:
    """The run with this id. Raises NotFound."""
    statement = select(Run).where(Run.id == parse_id("run", key))
    run = await session.scalar(statement.with_for_update() if lock else statement)
    if run is None:
        raise NotFound("run", key)
    return run


async def start(
    session: AsyncSession, principal: Principal, pipeline: Pipeline, request: StartRun, trigger: TriggerType
) -> RunDetail:
    """Queue a run of the pipeline. Raises Invalid for a pipeline without stages and for unknown parameters."""
    stages = await pipelines.stages_of(session, pipeline.id)
    if not stages:
        raise Invalid(f"pipeline {pipeline.name!r} has no stages, so there is nothing to start")
    definition = specification(pipeline, stages)
    parameters = with_defaults(definition, request.parameters)
    run = Run(
        id=new_id(),
        pipeline_id=pipeline.id,
        name=request.name if request.name is not UNSET else await numbered_name(session, pipeline),
        trigger_type=trigger.value,
        environment=request.environment if request.environment is not UNSET else pipeline.environment,
        notes=request.notes,
        run_config={"parameters": parameters},
    )
    stage_runs = [new_stage_run(stage, run.id) for stage in stages]
    await add_run(session, principal, run, definition, stage_runs, request.tags, parameters)
    return await run_detail(session, run.id)


async def add_run(
    session: AsyncSession,
    principal: Principal,
    run: Run,
    definition: PipelineSpec,
    stage_runs: list[StageRun],
    tags: Mapping[str, str],
    parameters: Parameters,
) -> None:
    """Store a new run that waits for its place."""
    run.status = Status.QUEUED.value
    run.queued_at = datetime.now(UTC)
    run.triggered_by = principal.name
    run.definition = msgspec.to_builtins(definition)
    run.stage_count = len(stage_runs)
    run.success_count = sum(stage_run.status == Status.COMPLETED.value for stage_run in stage_runs)
    session.add(run)
    await session.flush()
    session.add_all(stage_runs)
    await _merge_tags(session, run.id, tags)
    await write_parameters(session, run.id, parameters)
    await record_event(
        session, principal, "run.create", run.id, run_id=run.id,
        after={"name": run.name, "trigger": run.trigger_type, "parameters": dict(parameters)},
    )  # fmt: skip
    await wake_scheduler(session)


def new_stage_run(stage: Stage, run_id: UUID) -> StageRun:
    return StageRun(
        id=new_id(), run_id=run_id, stage_id=stage.id, name=stage.name, stage_type=stage.stage_type,
        custom_name=stage.custom_name, order=stage.order, dependencies=stage.dependencies,
        status=Status.PENDING.value, max_attempts=stage.retries + 1, attempt_number=0, output_data={},
    )  # fmt: skip


async def register(session: AsyncSession, principal: Principal, request: CreateRun) -> Run:
    """A run tracked from outside, running at once. The same id again is the same run."""
    run_id = parse_id("run", request.id) if request.id is not UNSET else new_id()
    if (known := await session.get(Run, run_id)) is not None:
        return known
    pipeline = await pipelines.ensure(session, principal, request.pipeline)
    added = await session.execute(
        insert(Run)
        .values(
            id=run_id, pipeline_id=pipeline.id, name=request.name, status=Status.RUNNING.value,
            trigger_type=TriggerType.EXTERNAL.value, triggered_by=principal.name, environment=request.environment,
            notes=request.notes, run_config={"parameters": dict(request.parameters)},
            definition=msgspec.to_builtins(PipelineSpec(name=pipeline.name)),
            started_at=request.started_at if request.started_at is not UNSET else datetime.now(UTC),
        )
        .on_conflict_do_nothing()
        .returning(Run.id)
    )  # fmt: skip
    if added.scalar() is not None:
        await _merge_tags(session, run_id, request.tags)
        await write_parameters(session, run_id, request.parameters)
        await record_event(
            session, principal, "run.create", run_id, run_id=run_id,
            after={"name": request.name, "trigger": TriggerType.EXTERNAL.value},
        )  # fmt: skip
    run = await session.scalar(select(Run).where(Run.id == run_id))
    if run is None:
        raise Conflict(f"run {run_id} is deleted; restore it first")
    return run


async def record(session: AsyncSession, principal: Principal, key: str, request: RecordRun) -> RunDetail:
    """Merge what a program says about its run. Raises Conflict for another value of a written parameter."""
    run = await find(session, key, lock=True)
    await write_parameters(session, run.id, request.parameters)
    await _merge_tags(session, run.id, request.tags)
    if request.output_data:
        run.output_data = {**run.output_data, **request.output_data}
    await session.flush()
    await record_event(
        session, principal, "run.record", run.id, run_id=run.id,
        after={name: value for name, value in msgspec.to_builtins(request).items() if value},
    )  # fmt: skip
    return await run_detail(session, run.id)


async def finish(session: AsyncSession, principal: Principal, key: str, request: FinishRun) -> RunDetail:
    """End a run tracked from outside. Ending it again the same way changes nothing."""
    run = await find(session, key, lock=True)
    if request.status not in ENDED - {Status.SKIPPED}:
        raise Invalid(f"a run cannot be finished as {request.status.value}; say completed, failed or cancelled")
    if run.trigger_type != TriggerType.EXTERNAL.value:
        raise Conflict(f"run {run.id} is run by this server, which ends it itself")
    if run.status != request.status.value:
        at = request.completed_at if request.completed_at is not UNSET else None
        await move(session, principal, run, request.status, run_id=run.id, at=at, error=request.error_message)
    return await run_detail(session, run.id)


async def patch(session: AsyncSession, principal: Principal, key: str, request: PatchRun) -> RunDetail:
    run = await find(session, key, lock=True)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name in ("name", "notes"):
        value = getattr(request, name)
        if value is not UNSET and value != getattr(run, name):
            before[name], after[name] = getattr(run, name), value
            setattr(run, name, value)
    if request.tags is not UNSET:
        old = await tags_of(session, run.id)
        before["tags"] = {tag: old.get(tag) for tag in request.tags}
        after["tags"] = request.tags
        gone = [tag for tag, value in request.tags.items() if value is None]
        await session.execute(delete(RunTag).where(RunTag.run_id == run.id, RunTag.key.in_(gone)))
        await _merge_tags(session, run.id, {tag: value for tag, value in request.tags.items() if value is not None})
    if after:
        run.updated_at = func.clock_timestamp()
        await session.flush()
        await record_event(session, principal, "run.update", run.id, run_id=run.id, before=before, after=after)
    return await run_detail(session, run.id)


async def write_parameters(session: AsyncSession, run_id: UUID, parameters: Parameters) -> None:
    """Record parameters; each is written once. Raises Conflict naming the one that has another value."""
    for name, value in parameters.items():
        text = parameter_text(value)
        await session.execute(insert(RunParameter).values(run_id=run_id, key=name, value=text).on_conflict_do_nothing())
        written = await session.scalar(
            select(RunParameter.value).where(RunParameter.run_id == run_id, RunParameter.key == name)
        )
        if written != text:
            raise Conflict(f"parameter {name!r} is {written!r} already; a parameter is written once, not {text!r} too")


def parameter_text(value: str | float | bool | None) -> str:
    """A parameter as text: strings as they are, everything else as JSON has it."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def with_defaults(definition: PipelineSpec, changed: Parameters) -> dict[str, Any]:
    unknown = [name for name in changed if name not in definition.parameters]
    if unknown:
        known = ", ".join(definition.parameters) or "none"
        raise Invalid(f"unknown parameter {unknown[0]!r}; the parameters of {definition.name!r} are: {known}")
    return {**definition.parameters, **changed}


async def numbered_name(session: AsyncSession, pipeline: Pipeline) -> str:
    pipeline.run_counter = Pipeline.run_counter + 1
    await session.flush()
    await session.refresh(pipeline, ["run_counter", "updated_at"])
    return f"{pipeline.name}-{pipeline.run_counter}"


async def tags_of(session: AsyncSession, run_id: UUID) -> dict[str, str]:
    rows = await session.execute(select(RunTag.key, RunTag.value).where(RunTag.run_id == run_id))
    return {key: value for key, value in rows}


async def _merge_tags(session: AsyncSession, run_id: UUID, tags: Mapping[str, str]) -> None:
    if tags:
        statement = insert(RunTag).values([{"run_id": run_id, "key": k, "value": v} for k, v in tags.items()])
        await session.execute(
            statement.on_conflict_do_update(index_elements=["run_id", "key"], set_={"value": statement.excluded.value})
        )
