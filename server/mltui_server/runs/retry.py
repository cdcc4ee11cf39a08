"""Running again what did not complete: a new run that takes over the results of completed stages."""

from typing import Any

import msgspec
from msgspec import UNSET
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.pipelines import Definition
from mltui.wire.runs import RetryRun, RunDetail, TriggerType
from mltui.wire.states import ENDED, Status
from mltui_server.lib.errors import Conflict, Invalid
from mltui_server.lib.ids import new_id
from mltui_server.lib.principal import Principal
from mltui_server.pipelines.models import Pipeline
from mltui_server.runs import service
from mltui_server.runs.models import Run, StageRun
from mltui_server.runs.queries import run_detail


async def retry(session: AsyncSession, principal: Principal, key: str, request: RetryRun) -> RunDetail:
    """Queue a retry of the run. The definition is the one it ran with, not what the pipeline has become since.

    Raises Conflict while the run is live, or completed and no stage is named; Invalid for an unknown stage.
    """
    old = await service.find(session, key)
    old_stages = list(await session.scalars(select(StageRun).where(StageRun.run_id == old.id).order_by(StageRun.order)))
    _check(old, old_stages, request)
    definition = msgspec.convert(old.definition, Definition)
    again = _stages_to_run(old_stages, request)
    run = Run(
        id=new_id(),
        pipeline_id=old.pipeline_id,
        name=await service.numbered_name(session, await session.get_one(Pipeline, old.pipeline_id)),
        trigger_type=TriggerType.RETRY.value,
        environment=old.environment,
        retry_of=old.id,
    )
    parameters = service.with_defaults(definition, {**old.run_config.get("parameters", {}), **request.parameters})
    run.run_config = {**old.run_config, "parameters": parameters}
    stage_runs = [_again(stage, run) if stage.name in again else _taken_over(stage, run) for stage in old_stages]
    tags = await service.tags_of(session, old.id)
    await service.add_run(session, principal, run, definition, stage_runs, tags, parameters)
    return await run_detail(session, run.id)


def _check(old: Run, stages: list[StageRun], request: RetryRun) -> None:
    if not stages:
        raise Conflict(f"run {old.id} was tracked from outside; only what ran here can be retried here")
    if Status(old.status) not in ENDED:
        raise Conflict(f"run {old.id} is {old.status}; it can be retried once it has ended")
    if request.from_stage is UNSET and old.status == Status.COMPLETED.value:
        raise Conflict(f"run {old.id} completed; name a stage to run again from")
    names = [stage.name for stage in stages]
    if request.from_stage is not UNSET and request.from_stage not in names:
        raise Invalid(f"unknown stage {request.from_stage!r}; the stages are: {', '.join(names)}")


def _stages_to_run(stages: list[StageRun], request: RetryRun) -> set[str]:
    """Everything that did not complete, the stage asked for, and all that depends on either."""
    again = {stage.name for stage in stages if stage.status != Status.COMPLETED.value}
    if request.from_stage is not UNSET:
        again.add(request.from_stage)
    grown = True
    while grown:
        dependents = {stage.name for stage in stages if again & set(stage.dependencies)} - again
        again |= dependents
        grown = bool(dependents)
    return again


def _copied(stage: StageRun, run: Run) -> dict[str, Any]:
    names = ("stage_id", "name", "stage_type", "custom_name", "order", "dependencies", "max_attempts")
    return {"id": new_id(), "run_id": run.id} | {name: getattr(stage, name) for name in names}


def _again(stage: StageRun, run: Run) -> StageRun:
    return StageRun(**_copied(stage, run), status=Status.PENDING.value, attempt_number=0, output_data={})


def _taken_over(stage: StageRun, run: Run) -> StageRun:
    names = (
        "status", "attempt_number", "started_at", "completed_at", "execution_time", "memory_usage", "cpu_usage",
        "output_data", "output_path",
    )  # fmt: skip
    kept = {name: getattr(stage, name) for name in names}
    return StageRun(**_copied(stage, run), **kept, reused_from=stage.reused_from or stage.id)
