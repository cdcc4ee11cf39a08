"""The work of one job: its source, brought here where it is elsewhere, becomes a Parquet file, an artifact, a dataset.

What a worker that was killed left undone is done anew by the next one, and nothing twice: a dataset is made in the
transaction that completes the job.
"""

import asyncio
import csv
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from mltui.client import Client
from mltui.ingest.conversion import Conversion
from mltui.ingest.fault import SourceFault
from mltui.ingest.log import say
from mltui.ingest.profile import Profiled
from mltui.ingest.progress import Account, told
from mltui.ingest.reading import BadRow
from mltui.ingest.remote import fetch
from mltui.ingest.scratch import scratch
from mltui.ingest.source import Source, local_files, source_of
from mltui.patience import patiently
from mltui.wire.artifacts import ArtifactRow
from mltui.wire.counting import counted
from mltui.wire.ingestion import CompleteJob, FailJob, JobRow, Made
from mltui.wire.sources import scheme_of

T = TypeVar("T")
CANCELLED = 143
BAD_ROWS = "bad-rows.csv"
REASON_LENGTH = 2000
STOPS, STOP_EVERY_S = 20, 0.1


def work(url: str, job: str, run: str, folder: Path) -> int:
    """Do the job, as its run `run`, with `folder` for what lies on disk meanwhile. The exit code."""
    return asyncio.run(_until_stopped(url, job, run, folder))


async def _until_stopped(url: str, job: str, run: str, folder: Path) -> int:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        async with Client(url) as client:
            row = await patiently(lambda: client.job(job))
            if row.run_id != run:
                say(f"job {row.name} is done by run {row.run_id}, not by this one: to try it again, retry the job")
                return 1
            try:
                with scratch(folder) as own:
                    await _ingest(client, row, run, own)
            except (SourceFault, OSError) as error:
                reason = _printable(str(error))[:REASON_LENGTH]
                say(f"failed: {reason}")
                await patiently(lambda: client.fail_job(job, FailJob(run=run, reason=reason)))
                return 1
    except asyncio.CancelledError:
        say("stopped")
        # No thread is waited for.
        os._exit(CANCELLED)
    return 0


async def _ingest(client: Client, job: JobRow, run: str, folder: Path) -> None:
    began = time.monotonic()
    account = Account()
    say(f"ingesting {job.uri}")
    source = await _source(client, job, run, folder, account)
    table = folder / "table.parquet"
    conversion = Conversion(folder)
    try:
        async with told(client, job.id, run, account, lambda: _look(conversion, source, account)):
            bad = await _in_thread(lambda: conversion.convert(source, job.options, table), conversion.stop)
        profiled, artifact = await _profiled_and_uploaded(client, job, run, conversion, table, bad)
    finally:
        conversion.close()
    made = Made(
        artifact=artifact.id,
        bytes=source.size,
        row_count=profiled.row_count,
        rows_set_aside=len(bad),
        schema=profiled.schema,
        profile=profiled.profile,
    )
    await patiently(lambda: client.complete_job(job.id, CompleteJob(run=run, made=made)))
    seconds = time.monotonic() - began
    rows, aside = counted(profiled.row_count, "row"), counted(len(bad), "row")
    say(f"{rows}, {counted(len(profiled.schema.columns), 'column')}, {aside} set aside, from {source.size:,} bytes in "
         f"{seconds:.1f} s; dataset {job.name}")  # fmt: skip


async def _source(client: Client, job: JobRow, run: str, folder: Path, account: Account) -> Source:
    if scheme_of(job.uri) == "file":
        files = await asyncio.to_thread(local_files, job.uri)
    else:
        say(f"copying it to {folder}")
        async with told(client, job.id, run, account):
            files = await fetch(job.uri, folder, account)
        say(f"copied {account.fetched:,} bytes")
    source = await asyncio.to_thread(source_of, files, folder, job.options)
    account.total = source.size
    say(f"{counted(len(files), 'file')}, {source.size:,} bytes, {source.format.value}, compression "
         f"{source.compression.value}")  # fmt: skip
    return source


def _look(conversion: Conversion, source: Source, account: Account) -> None:
    account.read, account.rows = round(source.size * conversion.fraction), conversion.rows


async def _profiled_and_uploaded(
    client: Client, job: JobRow, run: str, conversion: Conversion, table: Path, bad: list[BadRow]
) -> tuple[Profiled, ArtifactRow]:
    """Both at once: one is arithmetic, the other waits for the server and its disks."""
    profiling = asyncio.create_task(_in_thread(lambda: conversion.profile(table), conversion.stop))
    try:
        artifact = await _uploaded(client, job, run, table, bad)
        return await profiling, artifact
    finally:
        profiling.cancel()
        await asyncio.wait([profiling])


async def _uploaded(client: Client, job: JobRow, run: str, table: Path, bad: list[BadRow]) -> ArtifactRow:
    stage = next((stage.id for stage in (await patiently(lambda: client.run(run))).stages), None)
    if bad:
        rows = table.with_name(BAD_ROWS)
        await asyncio.to_thread(_write, bad, rows)
        await patiently(lambda: client.upload(run, rows, BAD_ROWS, stage_run=stage))
        say(f"{len(bad):,} bad rows are set aside in {BAD_ROWS}; the first is {bad[0]}")
    name = _printable(job.name).replace("\\", "_")
    return await patiently(lambda: client.upload(run, table, f"{name}.parquet", stage_run=stage))


def _write(bad: list[BadRow], file: Path) -> None:
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(("file", "line", "column", "reason", "text"))
        writer.writerows((row.file, row.line, row.column, row.reason, row.text) for row in bad)


async def _in_thread(do: Callable[[], T], stop: Callable[[], None]) -> T:
    """What `do` returns. Cancelled, it is stopped and waited for: what it uses is about to be taken away.

    Not for long: now and then an interrupt leaves DuckDB waiting for a thread of its own that never comes.
    """
    task = asyncio.ensure_future(asyncio.to_thread(do))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        # One that comes between two queries stops neither.
        for _ in range(STOPS):
            stop()
            await asyncio.wait([task], timeout=STOP_EVERY_S)
            if task.done():
                # Or asyncio complains of an error that nobody asked for.
                task.exception()
                break
        raise


def _printable(text: str) -> str:
    """What a source has in it may be in a reason: NUL, which no database takes, and what moves a terminal's cursor."""
    return "".join(c if c.isprintable() else "_" for c in text)
