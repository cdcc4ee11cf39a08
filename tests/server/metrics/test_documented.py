"""Every curl command in docs/metrics.md does what the page says, and every limit is where it says."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from point_calls import at, make, send, span

from mltui.wire.metrics import RESERVED_LABEL_KEYS

PAGE = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text()
BASE = "localhost:8642"


async def curl(http: httpx.AsyncClient, words: list[str], piped: bytes) -> httpx.Response:
    """As much of curl as the page uses."""
    url, data, as_query, words = "", [], False, iter(words)
    for word in words:
        match word:
            case "-d" | "--data-binary":
                data.append(next(words))
            case "-G":
                as_query = True
            case "-s":
                pass
            case _:
                url = word.removeprefix(BASE)
    if as_query:
        return await http.get(url, params=[tuple(one.split("=", 1)) for one in data])
    if data:
        return await http.post(url, content=piped if data == ["@-"] else data[0].encode())
    return await http.get(url)


async def test_the_commands(http):
    lines = [line.strip() for line in PAGE.splitlines() if line.startswith("    curl ")]
    assert len(lines) == 15
    for line in lines:
        piped = b""
        for command in line.split(" | "):
            answer = await curl(http, shlex.split(command)[1:], piped)
            assert answer.is_success, (command, answer.text)
            piped = answer.content


WIDE = [f"k{n}" for n in range(32)]
Request = tuple[str, str, dict[str, Any]]


def definition(**changed: Any) -> Request:
    return "POST", "/api/v1/metrics", {"json": {"name": f"m{uuid4().hex}", "type": "gauge"} | changed}


def batch(name: str, *points: Any) -> Request:
    return "POST", f"/api/v1/metrics/{name}/data/batch", {"json": {"points": points}}


def question(name: str, **query: Any) -> Request:
    return "GET", f"/api/v1/metrics/{name}/data", {"params": span(0, 1_000) | query}


def labelled(count: int) -> list[dict[str, Any]]:
    return [{"labels": {"k": f"v{n}"}, "value": 1, "timestamp": at(0)} for n in range(count)]


def wide(text: str) -> dict[str, str]:
    return {key: text[500 * at : 500 * (at + 1)] for at, key in enumerate(WIDE)}


def buckets(count: int) -> dict[str, int]:
    return dict.fromkeys([*map(str, range(count - 1)), "+Inf"], 1)


LIMITS: dict[str, Callable[[int], Request]] = {
    "characters of a metric's name": lambda n: definition(name="m" * n),
    "label keys of a metric": lambda n: definition(label_keys=[f"k{i}" for i in range(n)]),
    "characters of a label key": lambda n: definition(label_keys=["k" * n]),
    "characters of a label's value": lambda n: batch("one", {"labels": {"k": "v" * n}, "value": 1}),
    "bytes of all values of a label set": lambda n: batch(
        "wide", {"labels": wide("é" * (n // 2) + "x" * (n % 2)), "value": 1}
    ),
    "label sets of a metric, unless `MLTUI_METRIC_LABEL_SETS` says otherwise": lambda n: batch("many", *labelled(n)),
    "characters of `unit`": lambda n: definition(unit="u" * n),
    "characters of `description`": lambda n: definition(description="d" * n),
    "characters of a state": lambda n: batch("state", {"state": "s" * n}),
    "buckets of a histogram, with `+Inf`": lambda n: batch("latency", {"buckets": buckets(n)}),
    "points of a batch": lambda n: batch("one", *[{"labels": {"k": "v"}, "value": 1}] * n),
    "values of a text": lambda n: ("POST", "/api/v1/metrics/lines", {"content": f"one,k=v value=1 {at(0)}\n" * n}),
    "bytes of a body, unpacked": lambda n: ("POST", "/api/v1/metrics/lines", {"content": b"#".ljust(n)}),
    "`limit`, points of a page": lambda n: question("many", limit=n),
    "`buckets` of an answer": lambda n: question("many", buckets=n, k="v1"),
    "label sets of an answer by buckets": lambda n: question("many", buckets=1, k=[f"v{i}" for i in range(n)]),
    "label sets times buckets of an answer": lambda n: question(
        "many", buckets=-(-n // 250), k=[f"v{i}" for i in range(250)]
    ),
    "states of an answer by buckets": lambda n: question("states", buckets=1, **span(0, n - 1)),
}


async def test_the_limits_are_where_the_page_says(http):
    rows = dict(re.findall(r"^\| ([^|]*[^|-]) \| ([\d,]+) \|$", PAGE, re.MULTILINE))
    assert list(rows) == list(LIMITS)
    for name, type_, *keys in (
        ("one", "gauge", "k"),
        ("many", "gauge", "k"),
        ("wide", "gauge", *WIDE),
        ("state", "enum"),
        ("latency", "histogram"),
    ):
        await make(http, name, type_, *keys)
    await make(http, "states", "enum")
    await send(http, "many", *labelled(1_000))
    await send(http, "states", *({"state": f"s{n}", "timestamp": at(n)} for n in range(200)))
    for what, number in rows.items():
        for count, good in ((int(number.replace(",", "")), True), (int(number.replace(",", "")) + 1, False)):
            method, url, content = LIMITS[what](count)
            answer = await http.request(method, url, **content)
            assert answer.is_success if good else answer.status_code in (413, 422), (what, count, answer.text[:500])


def test_the_reserved_names_are_on_the_page():
    [listed] = re.findall(r"No label key can be (.*?):", PAGE, re.DOTALL)
    assert set(re.findall(r"`(\w+)`", listed)) == RESERVED_LABEL_KEYS
