"""Reading runs: Core selects of the needed columns, straight to Structs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Double, String, cast, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.base import Number, Page, to_number
from mltui.wire.pipelines import Definition, StageType
from mltui.wire.runs import Footprint, RunDetail, RunRow, StageRunRow, TriggerType
from mltui.wire.states import Status
from mltui_server.artifacts.models import Artifact
from mltui_server.executions.models import Execution
from mltui_server.executions.queries import executions_of, latest_execution_id, log_path
from mltui_server.lib.durations import seconds_between
from mltui_server.lib.errors import Invalid
from mltui_server.lib.pagination import Window, fetch_page, order_of
from mltui_server.pipelines.models import Pipeline
from mltui_server.pipelines.queries import escape_like
from mltui_server.registry.citations import versions_of_runs
from mltui_server.runs.models import Run, RunParameter, RunTag, StageRun
from mltui_server.samples.models import RunSeries

METRIC = "metric:"
PARAMETER = "parameter:"

_tags = select(func.jsonb_object_agg(RunTag.key, RunTag.value)).where(RunTag.run_id == Run.id).scalar_subquery()

SORTABLE: dict[str, ColumnElement[Any]] = {
    **{
        name: getattr(Run, name).expression
        for name in (
            "name", "status", "trigger_type", "triggered_by", "environment", "created_at", "updated_at", "started_at",
            "completed_at", "max_memory_usage", "max_cpu_usage", "stage_count", "success_count", "failed_count",
            "skipped_count", "error_message",
        )
    },
    "pipeline_name": Pipeline.name.expression,
    # A number, because a cursor carries it: an interval has no msgpack form.
    # Of runs that have ended: a value that grows would be skipped, or met twice, from one page to the next.
    "execution_time": cast(func.extract("epoch", Run.completed_at - Run.started_at), Double),
}  # fmt: skip

_rows = select(
    Run.id, Run.name, Run.pipeline_id, Pipeline.name.label("pipeline_name"), Run.status, Run.trigger_type,
    Run.triggered_by, Run.environment, Run.created_at, Run.updated_at, Run.started_at, Run.completed_at,
    Run.max_memory_usage, Run.max_cpu_usage, Run.stage_count, Run.success_count, Run.failed_count, Run.skipped_count,
    Run.error_message, _tags.label("tags"),
).join(Pipeline, Pipeline.id == Run.pipeline_id)  # fmt: skip


@dataclass(frozen=True)
class RunFilter:
    """Which runs. Several statuses are alternatives; everything else must hold together."""

    status: Sequence[Status] = ()
    pipeline: str | None = None
    """Id or name."""
    trigger: TriggerType | None = None
    environment: str | None = None
    tags: Sequence[str] = ()
    """`key` or `key:value`."""
    since: datetime | None = None
    """Created at or after."""
    until: datetime | None = None
    text: str | None = None
    """Part of a run's id, name, notes, error or pipeline's name, in either case."""
    name: str | None = None
    """All of it, in the case that it has."""
    ids: Sequence[str] = ()

    def conditions(self) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        if self.status:
            conditions.append(Run.status.in_([status.value for status in self.status]))
        if self.pipeline:
            conditions.append(or_(Pipeline.name == self.pipeline, cast(Pipeline.id, String) == self.pipeline))
        if self.trigger:
            conditions.append(Run.trigger_type == self.trigger.value)
        if self.environment:
            conditions.append(Run.environment == self.environment)
        if self.since:
            conditions.append(Run.created_at >= self.since)
        if self.until:
            conditions.append(Run.created_at < self.until)
        if self.name:
            conditions.append(Run.name == self.name)
        if self.ids:
            conditions.append(Run.id.in_([_uuid(text) for text in self.ids]))
        conditions += [_has_tag(tag) for tag in self.tags]
        if self.text:
            conditions.append(_mentions(self.text))
        return conditions


async def list_runs(
    session: AsyncSession, window: Window, sort: str, chosen: RunFilter, metrics: Sequence[str]
) -> Page[RunRow]:
    """One page of runs, and the last values of `metrics` for each."""
    statement = _rows.where(*chosen.conditions())
    name = sort.removeprefix("-")
    columns = SORTABLE | ({name: _looked_up(name)} if name.startswith((METRIC, PARAMETER)) else {})
    rows, following, total = await fetch_page(session, statement, order_of(sort, columns, Run.id.expression), window)
    values = await _last_values(session, [row.id for row in rows], metrics) if metrics else {}
    return Page(items=[_run_row(row, values.get(row.id, {})) for row in rows], next=following, total=total)


async def run_detail(session: AsyncSession, run_id: UUID) -> RunDetail:
    """The run with its stage runs and executions. It must exist."""
    row = (await session.execute(_rows.where(Run.id == run_id))).one()
    run = (await session.execute(select(Run).where(Run.id == run_id))).scalar_one()
    parameters = await session.execute(
        select(RunParameter.key, RunParameter.value).where(RunParameter.run_id == run_id).order_by(RunParameter.key)
    )
    detail = RunDetail(
        **{name: getattr(_run_row(row, {}), name) for name in RunRow.__struct_fields__},
        run_config=run.run_config,
        parameters={key: value for key, value in parameters},
        output_data=run.output_data,
        notes=run.notes,
        definition=msgspec.convert(run.definition, Definition),
        output_directory=run.output_directory,
        retry_of=str(run.retry_of) if run.retry_of else None,
        stages=await _stage_runs(session, run_id),
        executions=await executions_of(session, run_id),
    )
    if not detail.completed_at:
        await _add_peaks_so_far(session, run_id, detail)
    return detail


async def footprint(session: AsyncSession, keys: Sequence[str]) -> Footprint:
    """Sums over the runs with these ids; those that are not there count for nothing."""
    ids = [_uuid(key) for key in keys]
    kept = (Artifact.run_id.in_(ids), Artifact.is_active.is_(True))
    one = await session.execute(
        select(
            select(func.count(Run.id)).where(Run.id.in_(ids)).scalar_subquery(),
            _sum(Execution.log_bytes, Execution.run_id.in_(ids)),
            _sum(RunSeries.count, RunSeries.run_id.in_(ids)),
            select(func.count(Artifact.id)).where(*kept).scalar_subquery(),
            _sum(Artifact.file_size, *kept),
        )
    )
    runs, log_bytes, samples, artifacts, artifact_bytes = one.one()
    return Footprint(
        runs=runs, log_bytes=log_bytes, samples=samples, artifacts=artifacts, artifact_bytes=artifact_bytes,
        versions=list(await versions_of_runs(session, ids)),
    )  # fmt: skip


def _sum(column: Any, *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    return select(cast(func.coalesce(func.sum(column), 0), BigInteger)).where(*conditions).scalar_subquery()


def _run_row(row: Any, metrics: dict[str, Number]) -> RunRow:
    return RunRow(
        id=str(row.id),
        name=row.name,
        pipeline_id=str(row.pipeline_id),
        pipeline_name=row.pipeline_name,
        status=Status(row.status),
        trigger_type=TriggerType(row.trigger_type),
        triggered_by=row.triggered_by,
        environment=row.environment,
        created_at=row.created_at,
        updated_at=row.updated_at,
        started_at=row.started_at,
        completed_at=row.completed_at,
        execution_time=seconds_between(row.started_at, row.completed_at),
        max_memory_usage=row.max_memory_usage,
        max_cpu_usage=row.max_cpu_usage,
        stage_count=row.stage_count,
        success_count=row.success_count,
        failed_count=row.failed_count,
        skipped_count=row.skipped_count,
        error_message=row.error_message,
        tags=row.tags or {},
        metrics=metrics,
    )


async def _stage_runs(session: AsyncSession, run_id: UUID) -> list[StageRunRow]:
    rows = await session.execute(
        select(StageRun, latest_execution_id(StageRun.id.expression))
        .where(StageRun.run_id == run_id)
        .order_by(StageRun.order)
    )
    return [_stage_run_row(stage_run, execution_id) for stage_run, execution_id in rows]


def _stage_run_row(stage_run: StageRun, execution_id: UUID | None) -> StageRunRow:
    return StageRunRow(
        id=str(stage_run.id),
        run_id=str(stage_run.run_id),
        stage_id=str(stage_run.stage_id) if stage_run.stage_id else None,
        name=stage_run.name,
        stage_type=StageType(stage_run.stage_type),
        custom_name=stage_run.custom_name,
        order=stage_run.order,
        dependencies=stage_run.dependencies,
        status=Status(stage_run.status),
        attempt_number=stage_run.attempt_number,
        max_attempts=stage_run.max_attempts,
        next_attempt_at=stage_run.next_attempt_at,
        started_at=stage_run.started_at,
        completed_at=stage_run.completed_at,
        execution_time=seconds_between(stage_run.started_at, stage_run.completed_at),
        memory_usage=stage_run.memory_usage,
        cpu_usage=stage_run.cpu_usage,
        output_data=stage_run.output_data,
        output_path=stage_run.output_path,
        error_message=stage_run.error_message,
        reused_from=str(stage_run.reused_from) if stage_run.reused_from else None,
        logs=log_path(execution_id),
        execution_id=str(execution_id) if execution_id else None,
        created_at=stage_run.created_at,
        updated_at=stage_run.updated_at,
    )


async def _add_peaks_so_far(session: AsyncSession, run_id: UUID, detail: RunDetail) -> None:
    """While a run is live its peaks are those of its samples; its agents report the final ones at the end."""
    for field, run_field in (("memory_bytes", "max_memory_usage"), ("cpu_percent", "max_cpu_usage")):
        keys = {f"sys/{execution.scope}/process/{field}": execution.scope for execution in detail.executions}
        rows = await session.execute(
            select(RunSeries.key, RunSeries.max).where(RunSeries.run_id == run_id, RunSeries.key.in_(keys))
        )
        peaks = {keys[row.key]: row.max for row in rows if row.max is not None}
        stage_field = "memory_usage" if field == "memory_bytes" else "cpu_usage"
        for stage in detail.stages:
            if getattr(stage, stage_field) is None:
                setattr(stage, stage_field, peaks.get(stage.name))
        setattr(detail, run_field, max([*peaks.values(), getattr(detail, run_field) or 0.0], default=0.0) or None)


async def _last_values(
    session: AsyncSession, run_ids: list[UUID], keys: Sequence[str]
) -> dict[UUID, dict[str, Number]]:
    rows = await session.execute(
        select(RunSeries.run_id, RunSeries.key, RunSeries.last).where(
            RunSeries.run_id.in_(run_ids), RunSeries.key.in_(keys)
        )
    )
    values: dict[UUID, dict[str, Number]] = {}
    for run_id, key, last in rows:
        values.setdefault(run_id, {})[key] = to_number(last)
    return values


def _looked_up(name: str) -> ColumnElement[Any]:
    """A column to sort by: a metric's last value (NaN as if there were none, so that it comes last), or a parameter."""
    if name.startswith(METRIC):
        return (
            select(func.nullif(RunSeries.last, float("nan")))
            .where(RunSeries.run_id == Run.id, RunSeries.key == name.removeprefix(METRIC))
            .scalar_subquery()
        )
    return (
        select(RunParameter.value)
        .where(RunParameter.run_id == Run.id, RunParameter.key == name.removeprefix(PARAMETER))
        .scalar_subquery()
    )


def _has_tag(tag: str) -> ColumnElement[bool]:
    key, colon, value = tag.partition(":")
    if not key:
        raise Invalid(f"tag={tag!r} names no tag; write tag=NAME, or tag=NAME:VALUE")
    condition = exists().where(RunTag.run_id == Run.id, RunTag.key == key)
    return condition.where(RunTag.value == value) if colon else condition


def _mentions(text: str) -> ColumnElement[bool]:
    pattern = f"%{escape_like(text)}%"
    columns = (Run.name, Pipeline.name, Run.notes, Run.error_message, cast(Run.id, String))
    return or_(*(column.ilike(pattern) for column in columns))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(f"{text!r} is not a run's id") from None
