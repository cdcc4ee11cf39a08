"""One run, one step further: carry out the plan."""

import asyncio
import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.pipelines import Definition, PipelineSpec, StageSpec
from mltui.wire.states import Status
from mltui_server.executions.models import Execution
from mltui_server.lib.ids import new_id
from mltui_server.lib.principal import SYSTEM
from mltui_server.runs.models import Run, StageRun
from mltui_server.runs.plan import first_ended, plan
from mltui_server.runs.service import parameter_text
from mltui_server.runs.transitions import move


async def advance(session: AsyncSession, run: Run, now: datetime, engine: str) -> None:
    """Start and skip stages, or end the run. The caller holds the run's lock."""
    stage_runs = list(
        await session.scalars(
            select(StageRun).where(StageRun.run_id == run.id).order_by(StageRun.order).with_for_update()
        )
    )
    by_name = {stage_run.name: stage_run for stage_run in stage_runs}
    todo = plan(stage_runs, now)
    for name, because in todo.skip.items():
        run.skipped_count = run.skipped_count + 1
        message = f"skipped: it depends on {because!r}, which did not complete"
        await move(session, SYSTEM, by_name[name], Status.SKIPPED, run_id=run.id, error=message)
    if run.status == Status.RUNNING.value:
        definition = msgspec.convert(run.definition, Definition)
        specs = {spec.name: spec for spec in definition.stages}
        for name in todo.start:
            await _start_stage(session, run, definition, specs[name], by_name[name], engine)
    if todo.outcome is not None:
        await _end(session, run, stage_runs, todo.outcome)


async def _start_stage(
    session: AsyncSession, run: Run, definition: PipelineSpec, spec: StageSpec, stage_run: StageRun, engine: str
) -> None:
    stage_run.attempt_number += 1
    stage_run.next_attempt_at = None
    output = await asyncio.to_thread(_prepare_output, Path(run.output_directory or ""), stage_run.name)
    stage_run.output_path = str(output)
    await _link_reused(session, run)
    await move(session, SYSTEM, stage_run, Status.QUEUED, run_id=run.id)
    execution = Execution(
        id=new_id(),
        run_id=run.id,
        stage_run_id=stage_run.id,
        scope=stage_run.name,
        attempt_number=stage_run.attempt_number,
        engine=engine,
        status=Status.PENDING.value,
        command=spec.command if isinstance(spec.command, list) else ["sh", "-c", spec.command],
        directory=_directory(definition, spec, output),
        env=environment(run, definition, spec, output),
        timeout_s=spec.timeout_s,
    )
    session.add(execution)
    await session.flush()
    await move(session, SYSTEM, execution, Status.QUEUED, run_id=run.id)


async def _end(session: AsyncSession, run: Run, stage_runs: list[StageRun], outcome: Status) -> None:
    if run.status == Status.CANCELLING.value:
        # What finished while it was being cancelled keeps its state; the run was stopped all the same.
        outcome = Status.FAILED if run.timed_out else Status.CANCELLED
        await move(session, SYSTEM, run, outcome, run_id=run.id)
        return
    failed = first_ended(stage for stage in stage_runs if stage.status == Status.FAILED.value)
    error = f"stage {failed.name!r} failed: {failed.error_message}" if failed else None
    await move(session, SYSTEM, run, outcome, run_id=run.id, error=error)


def environment(run: Run, definition: PipelineSpec, spec: StageSpec, output: Path) -> dict[str, str]:
    """What a stage's command finds in its environment, on top of the server's own."""
    parameters: dict[str, Any] = run.run_config.get("parameters", {})
    return {
        "MLTUI_RUN_DIR": str(output.parent),
        "MLTUI_OUTPUT_DIR": str(output),
        "MLTUI_PIPELINE": definition.name,
        "MLTUI_STAGE": spec.name,
        "MLTUI_STAGE_CONFIG": msgspec.json.encode(spec.config).decode(),
        "MLTUI_PARAMS": msgspec.json.encode(parameters).decode(),
        **{f"MLTUI_PARAM_{name.upper()}": parameter_text(value) for name, value in parameters.items()},
        **spec.env,
    }


def _directory(definition: PipelineSpec, spec: StageSpec, output: Path) -> str:
    base = Path(definition.directory) if definition.directory else output
    return str(base / spec.directory) if spec.directory else str(base)


def _prepare_output(run_directory: Path, stage: str) -> Path:
    """An empty folder for the stage: what an attempt that failed left behind must not look like a result."""
    output = run_directory / stage
    if output.is_symlink():
        output.unlink()
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    return output


async def _link_reused(session: AsyncSession, run: Run) -> None:
    """Show the results that a retry took over where its stages look for them."""
    reused = await session.execute(
        select(StageRun.name, StageRun.output_path).where(StageRun.run_id == run.id, StageRun.reused_from.is_not(None))
    )
    for name, path in reused:
        link = Path(run.output_directory or "") / name
        if path and not link.is_symlink():
            await asyncio.to_thread(os.symlink, path, link)
