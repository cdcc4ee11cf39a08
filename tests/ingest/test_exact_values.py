"""A table has every value exactly as it was written, or the job says which it could not keep."""

import gzip
import re
from decimal import Decimal

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mltui.ingest.exact import kept
from mltui.wire.ingestion import BadRows
from tests.ingest.reading import Result, fault

LATER = 25_000
"""Rows from which the types are guessed, and some more."""


def write(tmp_path, values, name="a.csv", text="x"):
    file = tmp_path / name
    file.write_text("v,text\n" + "".join(f"{value},{text}\n" for value in values))
    return file


CHANGED = [
    ("5", "2.5", "BIGINT"), ("5", "2.4999", "BIGINT"), ("5", "1.5e1", "BIGINT"), ("5", "007", "BIGINT"),
    ("5", "1_000", "BIGINT"), ("5", "18446744073709551615", "BIGINT"), ("0.5", "007", "DOUBLE"),
    ("0.5", "-00.5", "DOUBLE"), ("0.5", "05e-3", "DOUBLE"), ("0.5", "1_0.5", "DOUBLE"),
    ("0.5", "-1000000000000000", "DOUBLE"), ("0.5", "18446744073709551615", "DOUBLE"),
    ("0.5", "1e400", "DOUBLE"), ("true", "1", "BOOLEAN"),
    ("2026-01-02", "2026-01-02 10:30:00", "DATE"), ("31/01/2026", "2026-01-02", "DATE"),
    ("2026-01-02 10:30:00", "2026-01-02 10:30:00+05:00", "TIMESTAMP"),
    ("2026-01-02 10:30:00", "2026-01-02 10:30:00.123456789", "TIMESTAMP"),
    ("2026-01-02T10:30:00Z", "2026-01-02T10:30:00", "TIMESTAMPTZ"), ("10:30:00", "10:30:00.1234567", "TIME"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "late", "kind"), CHANGED)
def test_a_late_value_that_would_be_changed_is_a_bad_row(tmp_path, ingested, first, late, kind):
    file = write(tmp_path, [first] * LATER + [late, first])
    said = f"{file}, line {LATER + 2:,}, column 'v': {late!r} is not a {kind}"
    assert fault(ingested, file) == said
    result = ingested(file, bad_rows=BadRows.SET_ASIDE)
    assert [(str(bad), bad.text) for bad in result.bad] == [(said, f"{late},x")]
    assert len(result.rows) == LATER + 1


@pytest.mark.parametrize(("first", "late", "kind"), CHANGED)
def test_a_type_that_is_guessed_holds_the_first_values_as_they_are(tmp_path, ingested, first, late, kind):
    result = ingested(write(tmp_path, [first, late]))
    if result.types["v"] == "VARCHAR":
        assert [row[0] for row in result.rows] == [first, late]
    else:
        assert (late, result.types["v"]) in [
            ("2.5", "DOUBLE"), ("2.4999", "DOUBLE"), ("1.5e1", "DOUBLE"), ("18446744073709551615", "UBIGINT"),
            ("2026-01-02 10:30:00.123456789", "TIMESTAMP_NS"),
        ]  # fmt: skip


@pytest.mark.parametrize(("values", "kind"), [
    (["18446744073709551615", "18446744073709551614"], "UBIGINT"),
    (["-5", "18446744073709551615"], "DECIMAL(38,0)"), (["99999999999999999999999"], "DECIMAL(38,0)"),
    (["1" * 40], "VARCHAR"), (["007"], "VARCHAR"), (["0.5", "12345678901234567890"], "VARCHAR"),
])  # fmt: skip
def test_whole_numbers_keep_all_their_digits(tmp_path, ingested, values, kind):
    result = ingested(write(tmp_path, values))
    assert result.types["v"] == kind
    assert [str(row[0]) for row in result.rows] == values
    assert result.profiled.profile.columns[0].distinct == len(values)


def test_what_only_looks_different_is_the_same_value(tmp_path, ingested):
    rows = ["5", "+5", " 5", "5.0", "-0"]
    assert [row[0] for row in ingested(write(tmp_path, rows), types={"v": "BIGINT"}).rows] == [5, 5, 5, 5, 0]
    assert [row[0] for row in ingested(write(tmp_path, ["1e3", "1.50", ".5", "-inf"])).rows] == [
        1000,
        1.5,
        0.5,
        -float("inf"),
    ]
    assert [row[0] for row in ingested(write(tmp_path, ["t", "FALSE", "yes"]), types={"v": "boolean"}).rows] == [
        True, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize(("kind", "good", "bad"), [
    ("INTEGER", "7", "2.5"), ("DECIMAL(10, 2)", "1.50", "1.234"), ("BIGINT[]", '"[1, 2]"', '"[1, 2.5]"'),
    ("UTINYINT", "255", "256"), ("FLOAT", "0.5", "16777217"),
    ("TIMESTAMPTZ", "2026-01-02 10:30:00+05:00", "2026-01-02"),
    ("UUID", "0199A000-0000-7000-8000-000000000000", "0199"),
])  # fmt: skip
def test_a_type_that_is_asked_for_changes_no_value_either(tmp_path, ingested, kind, good, bad):
    assert len(ingested(write(tmp_path, [good]), types={"v": kind}).rows) == 1
    said = fault(ingested, write(tmp_path, [good, bad]), types={"v": kind})
    assert said.endswith(f"line 3, column 'v': {bad.strip(chr(34))!r} is not a {kind}")


@pytest.mark.parametrize("ending", ["json", "jsonl", "parquet"])
def test_neither_does_one_of_json_or_parquet(tmp_path, ingested, ending):
    file = tmp_path / f"a.{ending}"
    if ending == "parquet":
        duckdb.sql(f"COPY (FROM (VALUES (1.0), (2.5)) t(v)) TO '{file}'")
    else:
        file.write_text('{"v": 1}\n{"v": 2.5}\n')
    said = fault(ingested, file, types={"v": "BIGINT"})
    assert ("2.5" if ending == "parquet" else "2: v: not a BIGINT") in said
    assert [float(row[0]) for row in ingested(file).rows] == [1, 2.5]


@pytest.mark.parametrize("options", [{}, {"bad_rows": BadRows.SET_ASIDE}])
@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_numbers_of_json_keep_their_digits(tmp_path, ingested, ending, options):
    numbers = ["1.5", "12345678901234567890123", "9007199254740993", "1e400"]
    lines = [f'{{"v": {number}, "w": 0.1, "text": "x"}}' for number in numbers]
    file = tmp_path / f"a.{ending}"
    file.write_text("\n".join(lines) if ending == "jsonl" else f"[{','.join(lines)}]")
    result = ingested(file, **options)
    assert result.types == {"v": "VARCHAR", "w": "DOUBLE", "text": "VARCHAR"}
    assert result.rows == [(number, 0.1, "x") for number in numbers]
    assert ingested(file, types={"v": "VARCHAR"}, **options).rows == result.rows


def test_beside_what_is_no_object_numbers_keep_their_digits_too(tmp_path, ingested):
    file = tmp_path / "a.json"
    file.write_text('[{"v": 1.5}, 3, {"v": 12345678901234567890123}]')
    result = ingested(file, bad_rows=BadRows.SET_ASIDE)
    assert (result.rows, len(result.bad)) == ([("1.5",), ("12345678901234567890123",)], 1)


def test_columns_that_parquet_has_no_type_for_lose_nothing(tmp_path, ingested):
    file = tmp_path / "a.jsonl"
    file.write_text('{"v": 18446744073709551615, "n": null}\n{"v": -5, "n": null}\n')
    result = ingested(file)
    assert result.types == {"v": "DECIMAL(38,0)", "n": "VARCHAR"}
    assert result.rows == [(18446744073709551615, None), (-5, None)]


@pytest.mark.parametrize("text", ["x", '5" pipe', '"a, b"', '"two\n\nlines"', '"a ""b"" c"'])
def test_the_line_of_a_value_is_that_of_its_file(tmp_path, ingested, text):
    rows = ["1"] * 10 + ["\n1", "2.5", "3"]
    file = write(tmp_path, rows, text=text)
    line = next(i for i, line in enumerate(file.read_text().splitlines(), 1) if line.startswith("2.5"))
    options = {"types": {"v": "BIGINT"}}
    assert fault(ingested, file, **options) == f"{file}, line {line}, column 'v': '2.5' is not a BIGINT"
    packed = tmp_path / "b.csv.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    result = ingested(packed, bad_rows=BadRows.SET_ASIDE, **options)
    assert [bad.line for bad in result.bad] == [line]


def test_bad_values_and_bad_rows_are_told_in_order_and_counted_together(tmp_path, ingested):
    file = tmp_path / "a.csv"
    file.write_text("v,text\n1,x\n\n1,2,3\n2.5,x\n1\n\n3.5,y\n2,z\n")
    options = {"types": {"v": "BIGINT"}, "bad_rows": BadRows.SET_ASIDE}
    result = ingested(file, bad_rows_limit=4, **options)
    assert [(bad.line, bad.text) for bad in result.bad] == [(4, "1,2,3"), (5, "2.5,x"), (6, "1"), (8, "3.5,y")]
    assert result.rows == [(1, "x"), (2, "z")]
    assert "more than 3 bad rows" in fault(ingested, file, bad_rows_limit=3, **options)


@pytest.mark.parametrize("ending", ["\n1,x\n" * 40_000, "", '\n7,"closes"\n8,x\n', "\n" + f"1,{'y' * 200}\n" * 20_000])
def test_a_quote_that_is_not_closed_sets_no_other_rows_aside(tmp_path, ingested, ending):
    file = tmp_path / "a.csv"
    file.write_text("v,text\n" + "1,x\n" * 99 + '100,"open\n1,y' + ending)
    said = fault(ingested, file, bad_rows=BadRows.SET_ASIDE)
    assert said.startswith(f"{file}, line 101: there is a quote")


decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**22), max_value=10**22)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.one_of(decimals.map(str), st.integers().map(str), st.datetimes().map(str), st.dates().map(str),
                       st.from_regex(r"[0-9+:._eTZ -]{1,12}", fullmatch=True).map(str.strip).filter(bool),
                       st.sampled_from(["true", "1", "yes", "007", "nan"])), min_size=1, max_size=6),
)  # fmt: skip
def test_a_table_has_what_the_text_says(tmp_path, values):
    result = Result(tmp_path, write(tmp_path, values))
    kind = result.types["v"]
    for value, (found, _) in zip(values, result.rows, strict=True):
        if kind == "VARCHAR":
            assert found == value
        elif kind == "DOUBLE":
            assert str(found) == str(float(value))
            assert not re.match(r"[+-]?0\d", value) and "_" not in value
        elif kind.startswith(("BIGINT", "UBIGINT", "DECIMAL")):
            assert Decimal(found) == Decimal(value)
        else:
            same = f"SELECT CAST(? AS {kind}) = CAST(? AS {kind})"
            assert duckdb.execute(same, [value, str(found)]).fetchall() == [(True,)]


PLAIN = re.compile(
    r"\s*[+-]?((0|[1-9]\d{0,14})|(0|[1-9]\d*)?(\.\d*(e[+-]?\d+)?|e[+-]?\d+)|nan|inf|infinity)\s*", re.IGNORECASE
)
numbers = st.one_of(
    st.from_regex(r"\s?[+-]?[0_]{0,2}[0-9]{0,17}[._]?[0-9_]{0,3}(e[+-]?[0-9]{1,3})?\s?", fullmatch=True),
    st.text("0019._-+eE ", max_size=18), st.floats().map(repr),
    st.sampled_from(["inf", "1_0.5", "-007.5", "0e5", "1e400"]),
)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(numbers, min_size=50, max_size=200))
def test_a_text_becomes_a_float_only_where_it_is_one_in_full(texts):
    made = "SELECT unnest(?::VARCHAR[]) AS v"
    found = duckdb.execute(f"SELECT v, {kept('v', 'DOUBLE')} FROM ({made})", [texts]).fetchall()
    for text, value in found:
        if value is not None:
            assert PLAIN.fullmatch(text)
            assert str(value) == str(float(text))
    assert {text for text, value in found if value is None}.isdisjoint(
        text for text in texts if re.fullmatch(r"-?(0|[1-9]\d{0,14})(\.\d+)?", text)
    )
