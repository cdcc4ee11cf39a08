"""Reading pipelines: Core selects of the needed columns, straight to Structs."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Double, cast, func, lateral, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.base import Page
from mltui.wire.pipelines import PipelineDetail, PipelineRow, PipelineSpec, StageRow, StageSpec, StageType
from mltui.wire.states import Status
from mltui_server.executions.queries import latest_execution_id, log_path
from mltui_server.lib.durations import seconds_between
from mltui_server.lib.pagination import Window, fetch_page, order_of
from mltui_server.pipelines.models import Pipeline, Stage
from mltui_server.runs.models import Run, StageRun

# The latest run, through the index on (pipeline_id, created_at).
_latest = lateral(
    select(
        Run.id, Run.status, Run.started_at, Run.completed_at, Run.max_memory_usage, Run.max_cpu_usage, Run.run_config
    )
    .where(Run.pipeline_id == Pipeline.id)
    .order_by(Run.created_at.desc())
    .limit(1)
).alias("latest")
_stage_count = select(func.count()).where(Stage.pipeline_id == Pipeline.id).scalar_subquery()
_run_count = select(func.count()).where(Run.pipeline_id == Pipeline.id).scalar_subquery()

SORTABLE: dict[str, ColumnElement[Any]] = {
    "name": Pipeline.name.expression,
    "created_at": Pipeline.created_at.expression,
    "updated_at": Pipeline.updated_at.expression,
    "environment": Pipeline.environment.expression,
    "status": func.coalesce(_latest.c.status, Status.PENDING.value),
    "started_at": _latest.c.started_at,
    "completed_at": _latest.c.completed_at,
    "execution_time": cast(func.extract("epoch", _latest.c.completed_at - _latest.c.started_at), Double),
    "memory_usage": _latest.c.max_memory_usage,
    "cpu_usage": _latest.c.max_cpu_usage,
    "stage_count": _stage_count,
    "run_count": _run_count,
}

_rows = (
    select(
        Pipeline,
        _latest.c.id.label("last_run_id"),
        _latest.c.status.label("last_status"),
        _latest.c.started_at,
        _latest.c.completed_at,
        _latest.c.max_memory_usage,
        _latest.c.max_cpu_usage,
        _latest.c.run_config,
        _stage_count.label("stage_count"),
        _run_count.label("run_count"),
    )
    .outerjoin(_latest, true())
    .where(Pipeline.deleted_at.is_(None))
)


async def list_pipelines(session: AsyncSession, window: Window, sort: str, text: str | None) -> Page[PipelineRow]:
    statement = _rows
    if text:
        pattern = f"%{escape_like(text)}%"
        statement = statement.where(or_(Pipeline.name.ilike(pattern), Pipeline.description.ilike(pattern)))
    rows, following, total = await fetch_page(
        session, statement, order_of(sort, SORTABLE, Pipeline.id.expression), window
    )
    return Page(items=[PipelineRow(**_columns(row)) for row in rows], next=following, total=total)


async def pipeline_detail(session: AsyncSession, pipeline_id: UUID) -> PipelineDetail:
    """The pipeline with its stages. It must exist."""
    row = (await session.execute(_rows.where(Pipeline.id == pipeline_id))).one()
    pipeline: Pipeline = row.Pipeline
    return PipelineDetail(
        **_columns(row),
        config=pipeline.config,
        parameters=pipeline.parameters,
        directory=pipeline.directory,
        timeout_s=pipeline.timeout_s,
        stages=await _stages(session, pipeline_id),
        last_parameters=(row.run_config or {}).get("parameters", {}),
    )


def specification(pipeline: Pipeline, stages: list[Stage]) -> PipelineSpec:
    """The pipeline as a run snapshots it."""
    return PipelineSpec(
        name=pipeline.name,
        description=pipeline.description,
        parameters=pipeline.parameters,
        environment=pipeline.environment,
        directory=pipeline.directory,
        timeout_s=pipeline.timeout_s,
        config=pipeline.config,
        stages=[StageSpec(**{name: getattr(stage, name) for name in StageSpec.__struct_fields__}) for stage in stages],
    )


def escape_like(text: str) -> str:
    """`text` as itself inside a LIKE pattern."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _columns(row: Any) -> dict[str, Any]:
    pipeline: Pipeline = row.Pipeline
    return {
        "id": str(pipeline.id),
        "name": pipeline.name,
        "description": pipeline.description,
        "status": Status(row.last_status or Status.PENDING),
        "environment": pipeline.environment,
        "stage_count": row.stage_count,
        "run_count": row.run_count,
        "last_run_id": str(row.last_run_id) if row.last_run_id else None,
        "started_at": row.started_at,
        "completed_at": row.completed_at,
        "execution_time": seconds_between(row.started_at, row.completed_at),
        "memory_usage": row.max_memory_usage,
        "cpu_usage": row.max_cpu_usage,
        "created_at": pipeline.created_at,
        "updated_at": pipeline.updated_at,
    }


async def _stages(session: AsyncSession, pipeline_id: UUID) -> list[StageRow]:
    latest = lateral(select(StageRun).where(StageRun.stage_id == Stage.id).order_by(StageRun.id.desc()).limit(1)).alias(
        "latest"
    )
    rows = await session.execute(
        select(
            Stage, latest.c.status, latest.c.started_at, latest.c.completed_at, latest.c.output_path,
            latest.c.output_data, latest_execution_id(latest.c.id).label("execution_id"),
        )
        .outerjoin(latest, true())
        .where(Stage.pipeline_id == pipeline_id)
        .order_by(Stage.order)
    )  # fmt: skip
    return [_stage_row(row.Stage, row) for row in rows]


def _stage_row(stage: Stage, latest: Any) -> StageRow:
    return StageRow(
        id=str(stage.id),
        name=stage.name,
        stage_type=StageType(stage.stage_type),
        custom_name=stage.custom_name,
        status=Status(latest.status or Status.PENDING),
        order=stage.order,
        config=stage.config,
        dependencies=stage.dependencies,
        command=stage.command,
        env=stage.env,
        directory=stage.directory,
        retries=stage.retries,
        backoff_s=stage.backoff_s,
        timeout_s=stage.timeout_s,
        started_at=latest.started_at,
        completed_at=latest.completed_at,
        execution_time=seconds_between(latest.started_at, latest.completed_at),
        output_path=latest.output_path,
        metrics=latest.output_data or {},
        logs=log_path(latest.execution_id),
        created_at=stage.created_at,
        updated_at=stage.updated_at,
    )
