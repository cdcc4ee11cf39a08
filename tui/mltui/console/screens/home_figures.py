"""Home's figures as lines of text: counts, the last days, the slowest stages, disk and database. Pure."""

from collections.abc import Callable, Sequence
from itertools import zip_longest

from rich.text import Text

from mltui.console import format
from mltui.console.screens.model_words import STATUS_COLOURS
from mltui.console.screens.text_page import fact, heading
from mltui.console.theme import STATUS
from mltui.wire.dashboard import Day, Overview, SlowStage, Stats, Storage, Trends
from mltui.wire.models import VersionStatus
from mltui.wire.states import Status

BETWEEN = 3
"""Blank columns between two blocks."""
WIDE = 118
"""From here on there are three blocks side by side, otherwise two."""
NARROW_STAGES = 4
MEDIAN_FROM = 46
"""Columns of a block from which a day's median has room."""


def figures(overview: Overview, trends: Trends, width: int) -> list[Text]:
    """The page's lines, at most `width` columns wide."""
    counts = overview.stats.counts
    lines = [_states(name, counts.get(name, {}), width) for name in ("runs", "pipelines")]
    if jobs := counts.get("ingestion_jobs"):
        lines.append(_states("ingestion", jobs, width))
    if overview.stats.models:
        lines.append(_models(overview.stats))
    lines.append(Text())
    columns = 3 if width >= WIDE else 2
    each = (width - BETWEEN * (columns - 1)) // columns
    days = _days(overview, trends.days, each)
    if columns == 3:
        return lines + side_by_side([days, _slowest(overview.slowest, each), _storage(overview.storage)], each)
    right = [*_slowest(overview.slowest[:NARROW_STAGES], each), Text(), *_storage(overview.storage)]
    return lines + side_by_side([days, right], each)


def side_by_side(blocks: Sequence[Sequence[Text]], each: int) -> list[Text]:
    """The blocks' lines beside each other, every block `each` columns wide; what is longer is cut."""
    lines = []
    for row in zip_longest(*blocks, fillvalue=Text()):
        line = Text()
        for number, piece in enumerate(row):
            shown = piece.copy()
            shown.truncate(each, overflow="ellipsis", pad=number < len(row) - 1)
            line.append_text(shown)
            line.append(" " * BETWEEN * (number < len(row) - 1))
        lines.append(line)
    return lines


def _states(name: str, counts: dict[Status, int], width: int) -> Text:
    """What there is of one kind, by state: in words where there is room."""
    there = [(status, number) for status in Status if (number := counts.get(status))]

    def line(word: Callable[[Status], str]) -> Text:
        shown = [
            Text(f"{STATUS[status].glyph} {format.count(number)}{word(status)}", STATUS[status].colour)
            for status, number in there
        ]
        return fact(name.capitalize(), Text(" " * BETWEEN).join(shown or [Text("none", "muted")]), 11)

    whole = line(lambda status: f" {status.value}")
    return whole if whole.cell_len <= width else line(lambda _: "")


def _models(stats: Stats) -> Text:
    """How many there are, and their versions by status."""
    versions = [
        Text(f"{format.count(number)} {status.value}", STATUS_COLOURS[status])
        for status in VersionStatus if (number := stats.model_versions.get(status))
    ]  # fmt: skip
    of_them = [Text("versions", "muted"), *versions] if versions else []
    return fact("Models", Text(" " * BETWEEN).join([Text(format.count(stats.models)), *of_them]), 11)


def _days(overview: Overview, days: Sequence[Day], width: int) -> list[Text]:
    stats = overview.stats
    title = heading(f"{len(days)} days")
    if stats.success_rate is not None:
        title.append(f"  {format.share(stats.success_rate)} success", "bold")
    if stats.median_duration is not None:
        title.append(f"  median {format.duration(stats.median_duration)}", "muted")
    most = max([1, *(day.completed + day.failed + day.cancelled for day in days)])
    return [title, *(_day(day, most, width) for day in days)]


def _day(day: Day, most: int, width: int) -> Text:
    """A bar of the runs that ended, `most` of them filling the room there is, and their numbers."""
    numbers = Text()
    for status, number in ((Status.COMPLETED, day.completed), (Status.FAILED, day.failed)):
        look = STATUS[status]
        numbers.append(f"{look.glyph} {format.count(number)}".rjust(8), look.colour if number else "muted")
    if width >= MEDIAN_FROM:
        numbers.append(format.duration(day.median_duration).rjust(9), "muted")
    line = Text(f"{day.date:%a %d}  ", "secondary")
    room = max(1, width - line.cell_len - numbers.cell_len)
    parts = ((day.completed, "success"), (day.failed, "error"), (day.cancelled, "warning"))
    sizes = [max(1, round(number / most * room)) if number else 0 for number, _ in parts]
    sizes[0] -= min(sizes[0], max(0, sum(sizes) - room))
    for size, (_, colour) in zip(sizes, parts, strict=True):
        line.append("━" * size, colour)
    return line.append("━" * (room - sum(sizes)), "faint").append_text(numbers)


def _slowest(stages: Sequence[SlowStage], width: int) -> list[Text]:
    lines = [heading("Slowest stages").append("  median", "muted")]
    for stage in stages:
        took = format.duration(stage.median_duration).rjust(9)
        name = Text(format.shortened(f"{stage.pipeline} › {stage.stage}", width - len(took)))
        name.stylize("muted", 0, max(0, len(name) - len(stage.stage)))
        name.pad_right(width - len(took) - name.cell_len)
        lines.append(name.append(took, "bold"))
    return lines if stages else [*lines, Text("none completed", "muted")]


def _storage(storage: Storage) -> list[Text]:
    largest = ", ".join(f"{table.name} {format.size(table.size)}" for table in storage.tables[:2])
    disk = f"{format.size(storage.disk_free)} of {format.size(storage.disk_total)}"
    return [
        heading("Storage"),
        fact("Disk free", disk, 11),
        fact("Database", Text(format.size(storage.database)).append(f"  {largest}", "muted"), 11),
        fact("Samples", "elsewhere" if storage.samples is None else format.size(storage.samples), 11),
        fact("Logs", format.size(storage.logs), 11),
        fact("Artifacts", format.size(storage.artifacts), 11),
    ]
