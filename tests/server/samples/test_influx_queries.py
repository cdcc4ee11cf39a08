"""The analysts' twenty questions: what docs/queries says in each language is run, and answers what it must.

InfluxQL on a real server; Flux too, where the environment names one of version 2. SQL on DuckDB, as no InfluxDB 3 is
here: its dialect is DataFusion's, which differs in what these queries use by `date_bin` alone.
"""

from collections.abc import Iterator
from datetime import datetime

import duckdb
import pyarrow as pa
import pytest
from analyst_answers import FLUX, INFLUXQL, SQL, Row, comparable
from analyst_questions import DOCS, Question, ask, ask_in_flux, questions

from mltui_server.samples.influx.access import Access

QUESTIONS = questions()
TABLES = {"metric": "", "resource": '"resource".', "gauge": "", "histogram": "", "state": ""}
"""And where each lies, if not in the default retention policy."""
asked = pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.number)


@pytest.fixture(scope="module")
def tables(seeded: Access) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same samples as InfluxDB 3 has them: a table a measurement, tags and fields its columns."""
    with duckdb.connect() as connection:
        connection.execute("CREATE MACRO date_bin(width, moment) AS time_bucket(width, moment)")
        for table, policy in TABLES.items():
            found = ask(seeded, f'SELECT * FROM {policy}"{table}" WHERE time >= 0 AND time <= now()')
            connection.register("samples", pa.Table.from_pylist(found))
            at = "to_timestamp(time / 1e9) AS time"
            connection.execute(f"CREATE TABLE {table} AS SELECT * REPLACE ({at}) FROM samples")
        yield connection


def timeless(rows: list[Row]) -> list[Row]:
    return [
        {name: value for name, value in row.items() if name != "time" and not isinstance(value, datetime)}
        for row in rows
    ]


def test_there_are_twenty_and_each_has_an_answer():
    numbers = [question.number for question in QUESTIONS]
    assert numbers == list(range(1, 21)) == sorted(INFLUXQL)
    index = (DOCS / "influxdb.md").read_text()
    assert [question.title for question in QUESTIONS if question.title not in index] == []


@asked
def test_influxql_answers_what_it_must(question: Question, seeded: Access):
    assert comparable(timeless(ask(seeded, question.influxql))) == comparable(INFLUXQL[question.number])


@asked
def test_sql_answers_what_it_must(question: Question, tables: duckdb.DuckDBPyConnection):
    found = tables.sql(question.sql).to_arrow_table().to_pylist()
    assert comparable(timeless(found)) == comparable(SQL[question.number])


@asked
def test_flux_answers_what_it_must(question: Question, seeded: Access):
    if not seeded.org:
        pytest.skip("Flux is InfluxDB 2's: name one by MLTUI_TEST_INFLUX_URL, _TOKEN and _ORG")
    wanted = FLUX[question.number]
    found = [{name: row.get(name) for name in wanted[0]} for row in ask_in_flux(seeded, question.flux)]
    assert comparable(found) == comparable(wanted)


@asked
def test_influxql_gives_both_bounds_of_time(question: Question):
    assert question.influxql.count("time >= now() - ") == question.influxql.count("AND time <= now()") > 0
