"""Rows with fixed contents, and a server's list of them, for the widgets' tests."""

from dataclasses import dataclass

from rich.text import Text

from mltui.console import format as text
from mltui.console.theme import STATUS
from mltui.console.widgets.columns import Column
from mltui.wire.states import Status

ORDER = list(Status)


@dataclass(frozen=True)
class Row:
    id: str
    name: str
    status: Status
    pipeline: str
    seconds: float
    memory: float
    loss: float
    by: str


def make_rows(count: int) -> list[Row]:
    return [
        Row(
            f"run-{i}",
            f"digits-{i:05}",
            ORDER[(i * 7) % len(ORDER)],
            ("digits", "failing", "imagenet-resnet50")[i % 3],
            0.4 * 1.7 ** (i % 19),
            2.0 ** (20 + i % 14),
            1.0 / (1 + i % 23),
            ("ana", "bo", "ci")[i % 3],
        )
        for i in range(count)
    ]


def status_cell(row: Row) -> Text:
    look = STATUS[row.status]
    return Text(f"{look.glyph} {row.status.value}", look.colour)


COLUMNS = [
    Column[Row]("status", "Status", status_cell, min_width=11, sortable=True),
    Column[Row]("name", "Run", lambda r: r.name, min_width=12, max_width=60, sortable=True, grows=True),
    Column[Row]("pipeline", "Pipeline", lambda r: r.pipeline, rank=2),
    Column[Row]("duration", "Duration", lambda r: text.duration(r.seconds), align="right", sortable=True, rank=1),
    Column[Row]("memory", "Memory", lambda r: text.size(r.memory), align="right", sortable=True, rank=4),
    Column[Row]("loss", "loss", lambda r: text.number(r.loss), align="right", sortable=True, rank=1),
    Column[Row]("by", "By", lambda r: Text(r.by, "muted"), rank=5),
]


class Server:
    """Answers like a list endpoint, and remembers what it was asked."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.asked: list[tuple[int, int]] = []

    async def fetch(self, offset: int, limit: int) -> tuple[list[Row], int]:
        self.asked.append((offset, limit))
        return self.rows[offset : offset + limit], len(self.rows)
