"""The questions of docs/queries, as their pages have them: title, InfluxQL, Flux and SQL."""

import re
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs"
_QUESTION = re.compile(r"^## (\d+)\. (.+)$", re.MULTILINE)
_BLOCK = re.compile(r"^```(influxql|flux|sql)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Question:
    number: int
    title: str
    influxql: str
    flux: str
    sql: str


def questions() -> list[Question]:
    """Each has one block of every language: anything else raises TypeError."""
    pages = [(DOCS / "queries" / page).read_text() for page in ("training.md", "operations.md")]
    return [question for page in pages for question in _on_page(page)]


def _on_page(page: str) -> list[Question]:
    _, *parts = _QUESTION.split(page)
    return [
        Question(int(number), title, **dict(_BLOCK.findall(text)))
        for number, title, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    ]
