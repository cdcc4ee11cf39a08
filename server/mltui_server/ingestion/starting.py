"""The run that does a job's work: one stage, whose command is our own worker, under the agent like everything else."""

import sys
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.pipelines import PipelineSpec, StageSpec, StageType
from mltui.wire.runs import TriggerType
from mltui.wire.states import Status
from mltui_server.ingestion.models import IngestionJob
from mltui_server.lib.errors import Conflict, NotFound
from mltui_server.lib.ids import new_id
from mltui_server.lib.principal import Principal
from mltui_server.pipelines import service as pipelines
from mltui_server.pipelines.models import Pipeline
from mltui_server.runs import service as runs
from mltui_server.runs.models import Run, StageRun

PIPELINE, STAGE, PARAMETER = "ingestion", "ingest", "job"


async def begin_attempt(session: AsyncSession, principal: Principal, job: IngestionJob) -> None:
    """Queue a run for the job, whose row the caller has locked; the last attempt's is left as it is."""
    spec = _specification()
    pipeline = await _pipeline(session, principal, spec)
    stage = next((s.id for s in await pipelines.stages_of(session, pipeline.id) if s.name == STAGE), None)
    parameters = {PARAMETER: str(job.id)}
    run = Run(
        id=new_id(),
        pipeline_id=pipeline.id,
        name=await runs.numbered_name(session, pipeline),
        trigger_type=(TriggerType.RETRY if job.run_id else TriggerType.MANUAL).value,
        environment=pipeline.environment,
        notes=job.uri,
        run_config={"parameters": parameters},
        retry_of=job.run_id,
    )
    await runs.add_run(session, principal, run, spec, [_stage_run(run.id, spec, stage)], {}, parameters)
    job.run_id = run.id


def _specification() -> PipelineSpec:
    """The worker that belongs to this server: after an upgrade another than the one that the pipeline was made with."""
    stage = StageSpec(
        name=STAGE,
        stage_type=StageType.DATA_INGESTION,
        command=[sys.executable, "-m", "mltui", "ingest", "work"],
    )
    description = "Brings data in; `mltui ingest add` makes what it runs for."
    return PipelineSpec(name=PIPELINE, description=description, parameters={PARAMETER: None}, stages=[stage])


async def _pipeline(session: AsyncSession, principal: Principal, spec: PipelineSpec) -> Pipeline:
    try:
        return await pipelines.find_by_name(session, PIPELINE)
    except NotFound:
        try:
            async with session.begin_nested():
                await pipelines.create(session, principal, spec)
        except Conflict:
            pass  # somebody made it at the same moment
    return await pipelines.find_by_name(session, PIPELINE)


def _stage_run(run: UUID, spec: PipelineSpec, stage: UUID | None) -> StageRun:
    only = spec.stages[0]
    return StageRun(
        id=new_id(), run_id=run, stage_id=stage, name=only.name, stage_type=only.stage_type.value, order=0,
        dependencies=[], status=Status.PENDING.value, max_attempts=1, attempt_number=0, output_data={},
    )  # fmt: skip
