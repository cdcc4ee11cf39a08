"""GET /api/v1/events/export: the whole of a selection as a file."""

import csv
import io
import json

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mltui_server.events.service import record
from mltui_server.lib.principal import Principal
from tests.server.agents import make_pipeline

MANY = 4_500
ROWS = """INSERT INTO event (actor, action, object_type, object_id, time)
SELECT CASE WHEN mod(n, 3) = 0 THEN 'bob' ELSE 'eve' END, 'run.start', 'run', n, '2026-03-01'::timestamptz + n / 7 * '1 s'::interval
FROM generate_series(1, %s) n"""  # noqa: E501


async def fetch(http, format_: str, **filters) -> bytes:
    answer = await http.get("/api/v1/events/export", params={"format": format_, **filters})
    assert answer.status_code == 200, answer.text
    return answer.content


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


@pytest.mark.parametrize(("format_", "kind"), [("csv", "text/csv; charset=utf-8"), ("json", "application/json")])
async def test_a_file_has_a_name(http, format_, kind):
    answer = await http.get("/api/v1/events/export", params={"format": format_})
    assert answer.headers["content-type"] == kind
    assert answer.headers["content-disposition"] == f'attachment; filename="events.{format_}"'


async def test_a_file_has_what_the_list_has_oldest_first(http):
    pipeline = await make_pipeline(http)
    listed = (await http.get("/api/v1/events")).json()["items"]
    content = await fetch(http, "json")
    assert json.loads(content) == listed[::-1]
    assert content.count(b"\n") == len(listed) + 2
    [row] = [row for row in table(await fetch(http, "csv")) if row["object_id"] == pipeline["id"]]
    [event] = [event for event in listed if event["object_id"] == pipeline["id"]]
    assert (row["time"], row["actor"], row["object_name"]) == (event["time"], "ada", pipeline["name"])
    assert (row["before"], json.loads(row["after"])) == ("", event["after"])


async def test_nothing_is_a_whole_file_too(http):
    assert await fetch(http, "json", actor="nobody") == b"[]\n"
    assert (await fetch(http, "csv", actor="nobody")).startswith(b"id,time,actor,action,")
    assert table(await fetch(http, "csv", actor="nobody")) == []


async def test_many_events_are_all_in_the_file_in_order(http, dsn):
    """Of equal times too, and where one piece of the file ends and the next begins."""
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        await connection.execute(ROWS, [MANY])
    everything = [str(n) for n in range(1, MANY + 1)]
    assert [row["object_id"] for row in table(await fetch(http, "csv"))] == everything
    assert [event["object_id"] for event in json.loads(await fetch(http, "json", actor="bob"))] == everything[2::3]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    message=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    value=st.recursive(st.none() | st.booleans() | st.text("aé\"',\n{"), st.lists, max_leaves=4),
)
@example("\r", None)
async def test_any_text_survives_csv(http, database, message, value):
    async with database.session() as session:
        await record(session, Principal('bob, "b"', "req-1"), "run.update", "x", after={"a": value}, message=message)
    row = table(await fetch(http, "csv"))[-1]
    assert (row["actor"], row["message"], json.loads(row["after"])) == ('bob, "b"', message, {"a": value})


@pytest.mark.parametrize(
    "query", [{}, {"format": "xml"}, {"format": "csv", "run": "x"}, {"format": "csv", "since": "soon"}]
)
async def test_what_cannot_be_exported_is_refused(http, query):
    answer = await http.get("/api/v1/events/export", params=query)
    assert (answer.status_code in (400, 404, 422), answer.headers["content-type"]) == (True, "application/problem+json")
    assert answer.json()["detail"]
