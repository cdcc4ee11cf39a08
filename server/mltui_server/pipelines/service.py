"""Making, changing and deleting pipelines."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.counting import counted
from mltui.wire.pipelines import PipelineDetail, PipelineSpec, graph_faults
from mltui.wire.states import LIVE
from mltui_server.events.service import record
from mltui_server.lib.errors import Conflict, Fault, Invalid, NotFound
from mltui_server.lib.principal import Principal
from mltui_server.pipelines.models import Pipeline, Stage
from mltui_server.pipelines.queries import pipeline_detail, specification
from mltui_server.runs.models import Run


async def find(session: AsyncSession, key: str, *, lock: bool = False) -> Pipeline:
    """The pipeline with this id or name. Raises NotFound."""
    statement = select(Pipeline).where(Pipeline.deleted_at.is_(None))
    try:
        statement = statement.where(Pipeline.id == UUID(key))
    except ValueError:
        statement = statement.where(Pipeline.name == key)
    pipeline = await session.scalar(statement.with_for_update() if lock else statement)
    if pipeline is None:
        raise NotFound("pipeline", key)
    return pipeline


async def create(session: AsyncSession, principal: Principal, spec: PipelineSpec) -> PipelineDetail:
    """Raises Conflict when the name is taken, Invalid when the graph cannot run."""
    _check_graph(spec)
    pipeline = Pipeline(**_columns(spec))
    session.add(pipeline)
    await _flush_name(session, spec.name)
    _add_stages(session, pipeline.id, spec, {})
    await session.flush()
    await record(session, principal, "pipeline.create", pipeline.id, after=msgspec.to_builtins(spec))
    return await pipeline_detail(session, pipeline.id)


async def replace(session: AsyncSession, principal: Principal, key: str, spec: PipelineSpec) -> PipelineDetail:
    """Make the pipeline what `spec` says. Runs keep the definition they were made with.

    A stage keeps its id while it keeps its name. Applying what is there already changes nothing and makes no event.
    """
    _check_graph(spec)
    pipeline = await find(session, key, lock=True)
    stages = await stages_of(session, pipeline.id)
    before = msgspec.to_builtins(specification(pipeline, stages))
    after = msgspec.to_builtins(spec)
    if before == after:
        return await pipeline_detail(session, pipeline.id)
    for name, value in _columns(spec).items():
        setattr(pipeline, name, value)
    pipeline.updated_at = func.clock_timestamp()  # its stages may be all that changed
    await _flush_name(session, spec.name)
    await session.execute(
        delete(Stage).where(Stage.pipeline_id == pipeline.id, Stage.name.not_in([s.name for s in spec.stages]))
    )
    _add_stages(session, pipeline.id, spec, {stage.name: stage for stage in stages})
    await session.flush()
    await record(session, principal, "pipeline.update", pipeline.id, before=before, after=after)
    return await pipeline_detail(session, pipeline.id)


async def remove(session: AsyncSession, principal: Principal, key: str) -> None:
    """Delete softly: its runs and their history stay. Raises Conflict while one of them is live."""
    pipeline = await find(session, key, lock=True)
    live = await session.scalar(
        select(func.count()).where(Run.pipeline_id == pipeline.id, Run.status.in_([s.value for s in LIVE]))
    )
    if live:
        raise Conflict(
            f"pipeline {pipeline.name!r} has {counted(live, 'live run')}; cancel {'it' if live == 1 else 'them'} first"
        )
    pipeline.deleted_at = func.clock_timestamp()
    await record(session, principal, "pipeline.delete", pipeline.id, before={"name": pipeline.name})


async def restore(session: AsyncSession, principal: Principal, key: str) -> PipelineDetail:
    """Bring back the deleted pipeline with this id, or the one of this name that was deleted last.

    Raises NotFound where there is none, Conflict when another has its name by now.
    """
    pipeline = await _find_deleted(session, key)
    pipeline.deleted_at = None
    await _flush_name(session, pipeline.name)
    await record(session, principal, "pipeline.restore", pipeline.id, after={"name": pipeline.name})
    return await pipeline_detail(session, pipeline.id)


async def _find_deleted(session: AsyncSession, key: str) -> Pipeline:
    deleted = select(Pipeline).where(Pipeline.deleted_at.is_not(None)).order_by(Pipeline.deleted_at.desc()).limit(1)
    try:
        called = Pipeline.id == UUID(key)
    except ValueError:
        called = Pipeline.name == key
    pipeline = await session.scalar(deleted.where(called).with_for_update())
    if pipeline is None:
        raise NotFound("deleted pipeline", key)
    return pipeline


async def ensure(session: AsyncSession, principal: Principal, name: str) -> Pipeline:
    """The pipeline of that name; made without stages (an experiment) when there is none."""
    try:
        return await find_by_name(session, name)
    except NotFound:
        try:
            async with session.begin_nested():
                await create(session, principal, PipelineSpec(name=name))
        except Conflict:
            pass  # somebody made it at the same moment
    return await find_by_name(session, name)


async def find_by_name(session: AsyncSession, name: str) -> Pipeline:
    pipeline = await session.scalar(select(Pipeline).where(Pipeline.name == name, Pipeline.deleted_at.is_(None)))
    if pipeline is None:
        raise NotFound("pipeline", name)
    return pipeline


async def stages_of(session: AsyncSession, pipeline_id: UUID) -> list[Stage]:
    """In order."""
    return list(await session.scalars(select(Stage).where(Stage.pipeline_id == pipeline_id).order_by(Stage.order)))


def _check_graph(spec: PipelineSpec) -> None:
    if faults := graph_faults(spec.stages):
        raise Invalid("; ".join(f.message for f in faults), [Fault(f.path, f.message) for f in faults])


def _columns(spec: PipelineSpec) -> dict[str, Any]:
    return {name: getattr(spec, name) for name in PipelineSpec.__struct_fields__ if name != "stages"}


def _add_stages(session: AsyncSession, pipeline_id: UUID, spec: PipelineSpec, existing: dict[str, Stage]) -> None:
    for order, stage_spec in enumerate(spec.stages):
        stage = existing.get(stage_spec.name) or Stage(pipeline_id=pipeline_id, name=stage_spec.name)
        stage.order = order
        for name in stage_spec.__struct_fields__:
            setattr(stage, name, getattr(stage_spec, name))
        session.add(stage)


async def _flush_name(session: AsyncSession, name: str) -> None:
    try:
        async with session.begin_nested():
            await session.flush()
    except IntegrityError:
        raise Conflict(f"a pipeline named {name!r} exists already") from None
