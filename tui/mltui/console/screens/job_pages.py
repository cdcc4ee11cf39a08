"""The pages of one ingestion job: what it is and what happened to it; and what is in its dataset."""

from collections.abc import Sequence
from itertools import zip_longest

from rich.text import Text

from mltui.console import format
from mltui.console.screens import job_models
from mltui.console.screens.job_columns import progress, rate
from mltui.console.screens.run_columns import Clock, seconds, state
from mltui.console.screens.run_overview import in_words
from mltui.console.screens.text_page import fact, heading
from mltui.wire.counting import counted
from mltui.wire.datasets import ColumnProfile, DatasetDetail
from mltui.wire.events import EventRow
from mltui.wire.ingestion import JobRow, LinkedModel, Runner
from mltui.wire.states import LIVE

GAP = 2
WIDEST = 28
SAMPLED = 10
"""Rows of the sample that are shown."""
LEAVE_FIRST = ("MAX", "MIN", "DISTINCT")


def overview(
    job: JobRow,
    dataset: DatasetDetail | None,
    models: Sequence[LinkedModel],
    events: Sequence[EventRow],
    now: Clock,
) -> list[Text]:
    lines: list[Text] = []
    if job.error:
        lines += [heading("What went wrong"), *(Text(line, "error") for line in job.error.splitlines()), Text()]
    lines += [heading("Job"), *_facts(job, now), Text(), heading("Dataset")]
    if dataset is None:
        lines.append(Text("not yet" if job.status in LIVE else "none", "muted"))
    else:
        columns = f"{counted(dataset.row_count, 'row')}, {counted(dataset.column_count, 'column')}"
        gone = "" if dataset.is_active else "; deleted"
        lines += [fact("Name", f"{dataset.name}{gone}"), fact("Holds", f"{columns}, {format.size(dataset.file_size)}"),
                  fact("Id", dataset.id)]  # fmt: skip
    lines += [Text(), heading("Models"), *job_models.lines(models)]
    return [*lines, Text(), heading("Lately"), *_events(events, now)]


def _facts(job: JobRow, now: Clock) -> list[Text]:
    where = "outside" if job.runner is Runner.OUTSIDE else "here, under the agent"
    facts = [
        fact("State", state(job.status)),
        fact("Source", job.uri),
        fact("Runs", f"{where}; attempt {job.attempt_number}" if job.attempt_number else f"{where}; never begun"),
        fact("Progress", progress(job)),
        fact("Read", f"{format.size(job.bytes)} of {format.size(job.bytes_total)}, {rate(job)}"),
        fact("Rows", _rows(job)),
        fact("Time left", format.duration(job.seconds_left)),
        fact("Started", format.moment(job.started_at)),
        fact("Ended", format.moment(job.completed_at)),
        fact("Took", format.duration(seconds(job, now()))),
        fact("Reads", _options(job)),
        fact("Added by", job.created_by),
        fact("Id", job.id),
    ]
    return facts if job.run_id is None else [*facts, fact("Run", job.run_id)]


def _rows(job: JobRow) -> str:
    pace = "" if job.rows_per_second is None else f", {job.rows_per_second:,.0f}/s"
    aside = f", {format.count(job.rows_set_aside)} set aside" if job.rows_set_aside else ""
    return f"{format.count(job.rows)}{pace}{aside}"


def _options(job: JobRow) -> str:
    options = job.options
    said = [one.value for one in (options.format, options.compression) if one is not None]
    if options.delimiter:
        said.append(f"delimiter {options.delimiter!r}")
    if options.header is not None:
        said.append("a header" if options.header else "no header")
    said += [f"{name} as {kind}" for name, kind in options.types.items()]
    if options.bad_rows.value != "fail":
        said.append(f"up to {options.bad_rows_limit:,} bad rows set aside")
    return ", ".join(said) or "as detected"


def _events(events: Sequence[EventRow], now: Clock) -> list[Text]:
    lines = []
    for event in events:
        text = Text().append(f"{format.age(event.time, now()):>5}  ", "muted")
        text.append(in_words(event.action).removeprefix("ingestion job "), "secondary")
        text.append(f"  {event.message}" if event.message else "")
        lines.append(text.append(f"  {event.actor}", "muted"))
    return lines or [Text("nothing", "muted")]


def data(dataset: DatasetDetail | None, width: int) -> list[Text]:
    """The dataset's columns with what is in them, and its first rows."""
    if dataset is None:
        return [Text("There is no dataset: it is made when the job completes.", "muted")]
    profiles = {profile.name: profile for profile in dataset.profile.columns}
    table = [["COLUMN", "TYPE", "NULLS", "DISTINCT", "MIN", "MAX"]]
    table += [[column.name, column.type, *_profiled(profiles.get(column.name))] for column in dataset.schema.columns]
    while _width(table) > width and (gone := next((name for name in LEAVE_FIRST if name in table[0]), None)):
        at = table[0].index(gone)
        table = [row[:at] + row[at + 1 :] for row in table]
    lines = [heading("Columns"), *_table(table, right=("NULLS", "DISTINCT"))]
    sample = dataset.profile.sample[:SAMPLED]
    if sample:
        names = [column.name for column in dataset.schema.columns]
        cells = [names, *([_value(value) for value in row] for row in sample)]
        lines += [Text(), heading("First rows"), *_table(_fitting(cells, width), right=())]
    return lines


def _profiled(profile: ColumnProfile | None) -> list[str]:
    if profile is None:
        return [format.ABSENT] * 4
    return [format.count(profile.nulls), f"~{profile.distinct:,}", _value(profile.min), _value(profile.max)]


def _value(value: object) -> str:
    match value:
        case None:
            return format.ABSENT
        case bool():
            return str(value).lower()
        case float():
            return format.number(value, 6)
        case _:
            return format.printable(str(value))


def _widths(table: Sequence[Sequence[str]]) -> list[int]:
    return [min(WIDEST, max(Text(cell).cell_len for cell in column)) for column in zip_longest(*table, fillvalue="")]


def _width(table: Sequence[Sequence[str]]) -> int:
    return sum(width + GAP for width in _widths(table))


def _fitting(table: list[list[str]], width: int) -> list[list[str]]:
    """The first columns, as many as there is room for."""
    shown = len(table[0])
    while shown > 1 and _width([row[:shown] for row in table]) > width:
        shown -= 1
    return [row[:shown] for row in table]


def _table(table: list[list[str]], right: Sequence[str]) -> list[Text]:
    widths = _widths(table)
    lines = []
    for at, row in enumerate(table):
        line = Text()
        for title, cell, width in zip(table[0], row, widths, strict=True):
            text = Text(cell)
            text.truncate(width, overflow="ellipsis")
            text.align("right" if title in right else "left", width)
            line.append(text.plain + " " * GAP, "muted" if not at else "")
        lines.append(line)
    return lines
