"""Putting together why a run failed. What Postgres knows comes first; then, with no session held, log and samples."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.code import CodeVersion
from mltui.wire.samples import RESOURCE_PREFIX, SeriesSummary
from mltui.wire.states import LIVE, Status
from mltui.wire.why import MAX_DIFFERENCES, AtDeath, Difference, GoodRun, Why
from mltui_server.code.queries import code_of
from mltui_server.db.database import Database
from mltui_server.executions.models import Execution
from mltui_server.lib.errors import Conflict
from mltui_server.logs.reading import Logs
from mltui_server.runs.models import Run, StageRun
from mltui_server.runs.plan import first_ended
from mltui_server.samples.store import SampleStore
from mltui_server.why import queries
from mltui_server.why.cause import cause_of, message_of
from mltui_server.why.differences import Side, differences
from mltui_server.why.diverged import beginnings
from mltui_server.why.first_error import log_end

MAIN = "main"
NONFINITE = 3
"""Metrics whose beginning is looked for."""
PROCESS = "process"
MEMORY, MEMORY_SHARE = "memory_bytes", "memory_percent"
RESOURCES = {
    PROCESS: (MEMORY, "cpu_percent"),
    "host": (MEMORY, MEMORY_SHARE, "disk_used_percent"),
    "gpu": (MEMORY, MEMORY_SHARE, "utilization_percent"),
}
"""Fields that are told, by device; `gpu` stands for each of them."""


@dataclass(frozen=True)
class Failure:
    """A failed run, and what in it failed first."""

    run: Run
    pipeline: str
    stages: Sequence[StageRun]
    stage: StageRun | None
    execution: Execution | None

    @property
    def scope(self) -> str:
        return self.stage.name if self.stage else self.execution.scope if self.execution else MAIN


@dataclass(frozen=True)
class Comparison:
    good: GoodRun | None
    differences: list[Difference]
    unknown: list[str]
    memory_limit: int | None


async def why(database: Database, logs: Logs, store: SampleStore, key: str) -> Why:
    """Raises NotFound, and Conflict for a run that did not fail."""
    async with database.session() as session:
        failure = await _failure(session, key)
        series = await queries.telling_series(session, failure.run.id, failure.scope)
        compared = await _compare(session, failure)
    resources = [one for one in series if one.key.startswith(RESOURCE_PREFIX)]
    # What has most of them has mostly had them for longest.
    diverged = sorted((one for one in series if one not in resources), key=lambda one: (-one.nonfinite, one.key))
    answer = _answer(failure, compared)
    answer.resources = _at_death(resources, failure.execution, compared.memory_limit)
    if failure.execution is not None:
        end = await log_end(logs, failure.execution.id)
        answer.log_lines, answer.tail, answer.error = end.total, list(end.tail), end.error
    answer.nonfinite = await beginnings(store, failure.run.id, diverged[:NONFINITE])
    answer.nonfinite_more = len(diverged[NONFINITE:])
    return answer


def _answer(failure: Failure, compared: Comparison) -> Why:
    """All that Postgres tells."""
    run, stage, execution = failure.run, failure.stage, failure.execution
    cause, words = cause_of(run, stage, execution)
    return Why(
        run_id=str(run.id),
        run_name=run.name,
        pipeline_name=failure.pipeline,
        cause=cause,
        words=words,
        error_message=message_of(run, stage),
        stage=stage.name if stage else None,
        attempt_number=stage.attempt_number if stage else None,
        max_attempts=stage.max_attempts if stage else None,
        execution_id=str(execution.id) if execution else None,
        exit_code=execution.exit_code if execution else None,
        signal=execution.signal if execution else None,
        host=execution.host if execution else None,
        failed_at=stage.completed_at if stage else run.completed_at,
        also_failed=[one.name for one in failure.stages if one.status == Status.FAILED.value and one is not stage],
        skipped=[one.name for one in failure.stages if one.status == Status.SKIPPED.value],
        good=compared.good,
        differences=compared.differences[:MAX_DIFFERENCES],
        differences_more=len(compared.differences[MAX_DIFFERENCES:]),
        unknown=compared.unknown,
    )


async def _failure(session: AsyncSession, key: str) -> Failure:
    run, pipeline = await queries.run_and_pipeline(session, key)
    stages = await queries.stages_of(session, run.id)
    failed = [stage for stage in stages if stage.status == Status.FAILED.value]
    if run.status != Status.FAILED.value and not failed:
        raise Conflict(f"run {run.id} did not fail: it {_state(Status(run.status))}")
    if run.timed_out and not failed:
        # What was under way when its time was up was cancelled.
        failed = [stage for stage in stages if stage.status == Status.CANCELLED.value and stage.started_at]
    stage = first_ended(failed)
    attempts = await queries.latest_attempts(session, run.id)
    of_it = [one for one in attempts if stage is None or one.stage_run_id == stage.id]
    return Failure(run, pipeline, stages, stage, of_it[-1] if of_it else None)


def _state(status: Status) -> str:
    if status in LIVE:
        return f"is {status.value}; what fails in it can be asked for then"
    return "completed" if status is Status.COMPLETED else "was cancelled"


async def _compare(session: AsyncSession, failure: Failure) -> Comparison:
    good = await queries.last_good(session, failure.run)
    runs = [failure.run, *([good] if good else [])]
    ids = [run.id for run in runs]
    codes = await code_of(session, ids)
    code, *_ = told = [_of_scope(codes.get(run, []), failure.scope) for run in ids]
    limit = code.memory_limit if code else None
    if good is None:
        gone = await queries.last_good(session, failure.run, deleted_too=True)
        none = (
            f"{gone.name}, the last good run before it, was deleted"
            if gone
            else (f"no run of {failure.pipeline} completed before it")
        )
        return Comparison(None, [], [f"{none}, so there is nothing to compare with"], limit)
    parameters = await queries.parameters_of(session, ids)
    inputs = await queries.inputs_of(session, ids)
    bad_side, good_side = (
        Side(
            parameters=parameters.get(run.id, {}),
            run_config=run.run_config,
            definition=run.definition,
            environment=run.environment,
            inputs=inputs.get(run.id, {}),
            code=code,
        )
        for run, code in zip(runs, told, strict=True)
    )
    unknown = [
        f"code and packages cannot be compared: nobody told them for {failure.scope} of {run.name}"
        for run, code in zip(runs, told, strict=True)
        if code is None
    ]
    brief = GoodRun(id=str(good.id), name=good.name, completed_at=good.completed_at)
    return Comparison(brief, differences(good_side, bad_side), unknown, limit)


def _of_scope(codes: Sequence[CodeVersion], scope: str) -> CodeVersion | None:
    return next((code for code in codes if code.scope == scope), None)


def _at_death(series: Sequence[SeriesSummary], execution: Execution | None, limit: int | None) -> list[AtDeath]:
    """Processes, host, GPUs. The agent saw peaks between samples, too."""
    found: dict[tuple[str, str], AtDeath] = {}
    for one in series:
        _, device, field = one.key.rsplit("/", 2)
        if field in RESOURCES.get(_kind(device), ()) and isinstance(one.last, float):
            found[device, field] = AtDeath(device=device, field=field, last=one.last, peak=one.max)
    peaks = {MEMORY: execution.memory_usage, "cpu_percent": execution.cpu_usage} if execution else {}
    for field, peak in peaks.items():
        if peak is not None:
            own = found.setdefault((PROCESS, field), AtDeath(device=PROCESS, field=field, last=None, peak=peak))
            own.peak = max(peak, own.peak or 0.0)
    if memory := found.get((PROCESS, MEMORY)):
        memory.limit = limit
    for device in {device for device, _ in found}:
        _merge_memory(found, device)
    order = list(RESOURCES)
    return sorted(found.values(), key=lambda one: (order.index(_kind(one.device)), one.device))


def _merge_memory(found: dict[tuple[str, str], AtDeath], device: str) -> None:
    """Say once how much of a device's memory was taken: its share of all there is tells how much that is."""
    if (memory := found.get((device, MEMORY))) and (share := found.pop((device, MEMORY_SHARE), None)):
        memory.limit = 100.0 * memory.last / share.last if memory.last and share.last else None


def _kind(device: str) -> str:
    return device.rstrip("0123456789")
