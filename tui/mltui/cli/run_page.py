"""What `mltui runs show` prints."""

from mltui.cli.output import (
    Column,
    clock,
    coloured,
    duration,
    number,
    percent,
    print_table,
    size,
    state,
)
from mltui.wire.runs import RunDetail, StageRunRow
from mltui.wire.samples import RESOURCE_PREFIX, SeriesSummary
from mltui.wire.states import Status

LABEL = 13


def print_run(run: RunDetail, series: list[SeriesSummary]) -> None:
    """The run, its stages with durations, peaks and errors, its parameters, and its metrics' last values."""
    print(f"{run.name}  {coloured(state(run.status), run.status)}")
    facts = {
        "id": run.id,
        "pipeline": run.pipeline_name,
        "environment": run.environment,
        "started": f"{clock(run.started_at)}  by {run.triggered_by} ({run.trigger_type.value})",
        "time": duration(run.execution_time),
        "peaks": f"{size(run.max_memory_usage)}, {percent(run.max_cpu_usage)} of one core",
        "retry of": run.retry_of,
        "tags": "  ".join(f"{key}={value}" for key, value in run.tags.items()),
        "parameters": "  ".join(f"{name}={value}" for name, value in run.parameters.items()),
        "notes": run.notes,
        "output": run.output_directory,
        "error": run.error_message,
    }
    for label, fact in facts.items():
        if fact:
            print(f"{label:<{LABEL}}{fact}")
    if run.stages:
        print()
        _print_stages(run.stages)
    own = [summary for summary in series if not summary.key.startswith(RESOURCE_PREFIX)]
    if own:
        print()
        columns = [Column("METRIC", flexible=True), Column("LAST", right=True), Column("STEP", right=True)]
        print_table(columns, [[s.key, number(s.last), "-" if s.last_step is None else str(s.last_step)] for s in own])


def _print_stages(stages: list[StageRunRow]) -> None:
    columns = [
        Column("STAGE"),
        Column("STATE"),
        Column("TIME", right=True),
        Column("MEMORY", right=True),
        Column("CPU", right=True),
        Column("TRY", right=True),
        Column("", flexible=True),
    ]
    print_table(columns, [_stage(stage) for stage in stages])


def _stage(stage: StageRunRow) -> list[str]:
    remark = stage.error_message or ("taken over from the run before" if stage.reused_from else "")
    if stage.status is Status.PENDING and stage.dependencies and not remark:
        remark = f"after {', '.join(stage.dependencies)}"
    return [
        stage.name,
        state(stage.status),
        duration(stage.execution_time),
        size(stage.memory_usage),
        percent(stage.cpu_usage),
        f"{stage.attempt_number}/{stage.max_attempts}" if stage.attempt_number else "-",
        remark,
    ]
