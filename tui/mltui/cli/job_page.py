"""What `mltui ingest ls` and `show` print."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mltui.cli.dataset_page import print_columns
from mltui.cli.ingest_watch import pace, rate
from mltui.cli.output import Column, ago, clock, duration, print_table, size, state
from mltui.naming import short_id
from mltui.wire.counting import counted

if TYPE_CHECKING:
    from mltui.wire.datasets import DatasetDetail
    from mltui.wire.events import EventRow
    from mltui.wire.ingestion import JobDetail, JobRow, LinkedModel


def print_jobs(jobs: "Sequence[JobRow]", total: int) -> None:
    if not jobs:
        print("no jobs match; add one with `mltui ingest add URI`")
        return
    columns = [Column("STATE"), Column("ID"), Column("NAME", flexible=True), Column("PROGRESS", right=True),
               Column("READ", right=True), Column("RATE", right=True), Column("LEFT", right=True),
               Column("ROWS", right=True), Column("TIME", right=True), Column("CREATED", right=True),
               Column("SOURCE", flexible=True)]  # fmt: skip
    print_table(columns, [_cells(job) for job in jobs])
    if total > len(jobs):
        print(f"{len(jobs)} of {total} jobs; --limit N shows more", file=sys.stderr)


def _cells(job: "JobRow") -> list[str]:
    done = "-" if job.progress is None else f"{int(100 * job.progress)} %"
    rows = "-" if job.rows is None else f"{job.rows:,}"
    return [
        state(job.status), short_id(job.id), job.name, done, size(job.bytes), rate(job), duration(job.seconds_left),
        rows, duration(job.execution_time), ago(job.created_at), job.uri,
    ]  # fmt: skip


def print_job(job: "JobDetail", dataset: "DatasetDetail | None", events: "Sequence[EventRow]") -> None:
    print(f"{state(job.status)}  {job.name}  {job.id}")
    facts = {
        "source": job.uri,
        "runs": "outside" if job.runner.value == "outside" else f"here, attempt {job.attempt_number}",
        "run": job.run_id,
        "read": None if job.bytes is None else ", ".join((f"{size(job.bytes)} of {size(job.bytes_total)}", *pace(job))),
        "rows": None if job.rows is None else f"{job.rows:,}",
        "set aside": counted(job.rows_set_aside, "row") if job.rows_set_aside else None,
        "took": duration(job.execution_time) if job.execution_time is not None else None,
        "error": job.error,
    }
    for name, fact in facts.items():
        if fact is not None:
            print(f"{name:<10} {fact}")
    if dataset is not None:
        gone = "" if dataset.is_active else "  deleted"
        print(f"\ndataset    {dataset.name}  {dataset.id}  {size(dataset.file_size)}{gone}")
        print_columns(dataset)
    if job.models:
        print()
        _print_models(job.models)
    print()
    rows = [[clock(event.time), event.actor, event.action, event.message] for event in reversed(events)]
    print_table([Column("TIME"), Column("WHO"), Column("WHAT"), Column("WHY", flexible=True)], rows)


def _print_models(models: "Sequence[LinkedModel]") -> None:
    rows = [[f"{model.model}/{model.version}", model.status.value, model.stage.value] for model in models]
    print_table([Column("MODEL", flexible=True), Column("STATUS"), Column("STAGE")], rows)
