"""The questions of docs/queries, as their pages have them: title, InfluxQL, Flux and SQL; and asking them."""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from influxdb_client import InfluxDBClient

from mltui_server.samples.influx.access import Access
from mltui_server.samples.influx.client import InfluxClient, Place, Result

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
    """Raises TypeError where a language is missing."""
    pages = [(DOCS / "queries" / page).read_text() for page in ("training.md", "operations.md")]
    return [question for page in pages for question in _on_page(page)]


def _on_page(page: str) -> list[Question]:
    _, *parts = _QUESTION.split(page)
    return [
        Question(int(number), title, **dict(_BLOCK.findall(text)))
        for number, title, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    ]


def ask(access: Access, influxql: str) -> list[dict[str, Any]]:
    """Rows of all series with their tags, times in ns."""
    [result] = asyncio.run(_answered(access, influxql))
    return [
        dict(zip(series.columns, row, strict=True)) | series.tags for series in result.series for row in series.values
    ]


def ask_in_flux(access: Access, flux: str) -> list[dict[str, Any]]:
    """Rows of all tables, of the buckets of this database."""
    with InfluxDBClient(access.url, token=access.token, org=access.org) as client:
        tables = client.query_api().query(flux.replace('bucket: "mltui', f'bucket: "{access.database}'))
    return [record.values for table in tables for record in table.records]


async def _answered(access: Access, influxql: str) -> list[Result]:
    client = InfluxClient(access)
    try:
        await client.ping()
        return await client.query(Place(access.database, None), [influxql])
    finally:
        await client.close()
