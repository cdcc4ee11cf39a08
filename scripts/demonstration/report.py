"""Watches a run without a console, and says at its end what there is to know."""

import asyncio
import sys
import time
from pathlib import Path

from mltui.client import Client, ProblemError, Unreachable
from mltui.wire.base import to_float
from mltui.wire.runs import RunDetail, StageRunRow
from mltui.wire.samples import RESOURCE_PREFIX, SeriesSummary
from mltui.wire.states import ENDED, Status

POLL_S = 0.3
PROGRESS_EVERY_S = 5.0
AWAY_S = 60.0
"""How long the server may be away before watching it is pointless."""
SERVER_FAULT = 500
SETTLE_S = 0.5
TAIL_LINES = 12
MARKS = {Status.COMPLETED: "✓", Status.FAILED: "✗", Status.CANCELLED: "■", Status.SKIPPED: "·", Status.RUNNING: "▶"}


async def watch(client: Client, run_id: str) -> RunDetail:
    """Print each stage's changes of state, and now and then how training goes, until the run has ended."""
    start = heard = told = time.monotonic()
    seen: dict[str, tuple[Status, int]] = {}
    while True:
        now = time.monotonic()
        try:
            run = await client.run(run_id)
            series = await client.series_keys(run_id) if now - told >= PROGRESS_EVERY_S else []
        except (Unreachable, ProblemError) as error:
            if now - heard > AWAY_S or not is_away(error):
                raise
            await asyncio.sleep(POLL_S)
            continue
        heard = now
        for stage in run.stages:
            state = (stage.status, stage.attempt_number)
            if stage.status in MARKS and seen.get(stage.name) != state:
                seen[stage.name] = state
                say(now - start, f"{MARKS[stage.status]} {stage.name:<16}{stage_state(stage)}")
        if run.status in ENDED:
            return run
        if line := progress(series):
            told = now
            say(now - start, line)
        await asyncio.sleep(POLL_S)


def is_away(error: Unreachable | ProblemError) -> bool:
    """Whether waiting may help: the server, or the Postgres behind it, is being started again."""
    return isinstance(error, Unreachable) or error.problem.status >= SERVER_FAULT


def say(seconds: float, text: str) -> None:
    print(f"  {seconds:5.1f} s  {text}", file=sys.stderr, flush=True)


def stage_state(stage: StageRunRow) -> str:
    text = stage.status.value
    if stage.attempt_number > 1:
        text += f" (attempt {stage.attempt_number} of {stage.max_attempts})"
    said = (stage.error_message or "").removeprefix(f"{text}: ")
    return f"{text}: {said}" if said else text


def progress(series: list[SeriesSummary]) -> str:
    """`linear/val/accuracy 0.970 at step 250`, for each series of that kind."""
    return "   ".join(
        f"{one.key} {to_float(one.last):.3f} at step {one.last_step}" for one in series if "val/accuracy" in one.key
    )


async def report(client: Client, run: RunDetail, data: Path) -> str:
    """Everything about an ended run: stages, durations, final metrics, peaks, and where its logs are."""
    metrics = await settled_metrics(client, run.id)
    stages = [
        (stage.name, stage.status.value, str(stage.attempt_number), seconds(stage.execution_time),
         memory(stage.memory_usage), percent(stage.cpu_usage), log_size(run, stage))
        for stage in run.stages
    ]  # fmt: skip
    series = [
        (one.key, f"{to_float(one.last):.5g}", number(one.min), number(one.max), f"{one.count:,}") for one in metrics
    ]
    mltui = Path(sys.executable).parent / "mltui"
    parts = [
        f"\n{run.name}: {run.status.value} after {seconds(run.execution_time)}"
        + (f" - {run.error_message}" if run.error_message else ""),
        columns([("stage", "status", "attempts", "duration", "memory peak", "cpu peak", "log"), *stages], "llrrrrr"),
        *await last_words(client, run),
        columns([("metric", "last", "min", "max", "samples"), *series], "lrrrr") if series else "no metrics",
        f"peaks  memory {memory(run.max_memory_usage)}, cpu {percent(run.max_cpu_usage)}",
        f"logs   kept in {data}; to read them:\n"
        f"       MLTUI_DATA_DIR={data} {mltui} up\n"
        f"       {mltui} runs logs {run.id} --stage NAME    while that runs",
    ]
    return "\n\n".join(parts)


async def last_words(client: Client, run: RunDetail) -> list[str]:
    """The end of each failed stage's log: why did it fail?"""
    words = []
    for stage in run.stages:
        if stage.status is Status.FAILED and stage.execution_id:
            page = await client.log_tail(stage.execution_id, TAIL_LINES)
            words.append("\n".join([f"the end of {stage.name}'s log:", *(f"  {line.text}" for line in page.lines)]))
    return words


async def settled_metrics(client: Client, run_id: str) -> list[SeriesSummary]:
    """What the program logged. Summaries follow the samples by a moment: ask until they stay the same."""
    before: list[SeriesSummary] = []
    while (now := await client.series_keys(run_id)) != before:
        before = now
        await asyncio.sleep(SETTLE_S)
    return [one for one in now if not one.key.startswith(RESOURCE_PREFIX)]


def log_size(run: RunDetail, stage: StageRunRow) -> str:
    """Of the latest attempt."""
    return next((f"{one.log_lines:,} lines" for one in run.executions if one.id == stage.execution_id), "")


def columns(rows: list[tuple[str, ...]], align: str) -> str:
    """Rows as aligned text; `align` has `l` or `r` for each column."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(align))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if side == "l" else cell.rjust(width)
            for cell, width, side in zip(row, widths, align, strict=True)
        ).rstrip()
        for row in rows
    )


def seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


def memory(value: float | None) -> str:
    return "-" if value is None else f"{value / 2**20:,.0f} MiB"


def percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} %"


def number(value: float | None) -> str:
    return "-" if value is None else f"{value:.5g}"
