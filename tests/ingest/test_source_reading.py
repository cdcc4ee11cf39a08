"""Sources of every kind become the same Parquet file; what is no table, or has bad rows, is told by name and line."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mltui.ingest.conversion import Conversion
from mltui.ingest.fault import SourceFault
from mltui.ingest.source import local_files, source_of
from mltui.wire.ingestion import BadRows, Compression, ReadOptions, SourceFormat
from tests.ingest.reading import Result, fault

ROWS = [(i, f"user {i}", i / 4, None if i % 5 == 0 else i % 3) for i in range(1000)]
NAMES = ("id", "name", "amount", "score")
LATER = 25_000
"""Lines from which DuckDB has seen nothing when it decides on types and quotes."""


def csv_text(delimiter: str = ",") -> str:
    lines = [delimiter.join("" if value is None else str(value) for value in row) for row in [NAMES, *ROWS]]
    return "\n".join(lines) + "\n"


def objects() -> list[dict]:
    return [dict(zip(NAMES, row, strict=True)) for row in ROWS]


def write(file: Path) -> Path:
    """The rows, in the format that the file's name says."""
    plain = file.name.removesuffix(".gz").removesuffix(".zst")
    if plain.endswith(".parquet"):
        table = file.with_suffix(".json")
        table.write_text(json.dumps(objects()))
        duckdb.sql(f"COPY (SELECT * FROM '{table}') TO '{file}'")
        table.unlink()
        return file
    text = {
        ".csv": csv_text, ".tsv": lambda: csv_text("\t"), ".json": lambda: json.dumps(objects(), indent=1),
        ".jsonl": lambda: "".join(json.dumps(row) + "\n" for row in objects()),
    }[Path(plain).suffix]()  # fmt: skip
    packed = {".gz": gzip.compress, ".zst": zstandard.compress}.get(file.suffix, bytes)
    file.write_bytes(packed(text.encode()))
    return file


@pytest.mark.parametrize("ending", [
    "csv", "tsv", "json", "jsonl", "parquet", "csv.gz", "csv.zst", "jsonl.gz", "jsonl.zst", "json.gz", "tsv.zst",
])  # fmt: skip
def test_every_kind_of_file_is_detected_and_read(tmp_path, ingested, ending):
    result = ingested(write(tmp_path / f"rows.{ending}"))
    assert result.rows == ROWS
    assert result.types == {"id": "BIGINT", "name": "VARCHAR", "amount": "DOUBLE", "score": "BIGINT"}
    assert (result.counted, result.profiled.row_count) == (1000, 1000)


@pytest.mark.parametrize("ending", ["csv", "json", "jsonl", "parquet"])
def test_a_file_is_known_by_what_is_in_it_where_its_name_says_nothing(tmp_path, ingested, ending):
    file = write(tmp_path / f"rows.{ending}").rename(tmp_path / "rows")
    assert ingested(file).rows == ROWS


@pytest.mark.parametrize("ending", ["csv", "json", "jsonl"])
@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_what_is_packed_is_known_by_what_is_in_it_too(tmp_path, ingested, ending, pack):
    (tmp_path / "rows").write_bytes(pack(write(tmp_path / f"rows.{ending}").read_bytes()))
    assert ingested(tmp_path / "rows").rows == ROWS


def test_what_is_detected_can_be_overridden(tmp_path, ingested):
    file = tmp_path / "rows.txt.gz"
    file.write_text("07;a\n08;b\n")
    result = ingested(file, format=SourceFormat.CSV, compression=Compression.NONE, delimiter=";", header=False,
                      types={"column0": "VARCHAR"})  # fmt: skip
    assert result.rows == [("07", "a"), ("08", "b")]
    assert "no column 'zip'" in fault(ingested, write(tmp_path / "a.csv"), types={"zip": "VARCHAR"})


@pytest.mark.parametrize("ending", ["json", "jsonl", "parquet"])
def test_a_column_gets_the_type_that_is_asked_for(tmp_path, ingested, ending):
    assert ingested(write(tmp_path / f"rows.{ending}"), types={"id": "VARCHAR"}).types["id"] == "VARCHAR"


def test_a_pattern_is_all_its_files_as_one_table(tmp_path, ingested):
    for name in ("b", "a", "[c]"):
        (tmp_path / f"{name}.csv").write_text(f"id,name\n1,{name}\n")
    (tmp_path / "wide.csv").write_text("id,name\n1.5,wide\n")
    result = ingested(tmp_path / "*.csv")
    assert result.rows == [(1, "[c]"), (1, "a"), (1, "b"), (1.5, "wide")]
    assert ingested(tmp_path / "[c].csv").rows == [(1, "[c]")]
    (tmp_path / "z.csv").write_text("id,size\n1,2\n")
    assert "z.csv has other columns than" in fault(ingested, tmp_path / "*.csv")
    (tmp_path / "z.csv").rename(tmp_path / "z.csv.tsv")
    assert "files of one job are of one kind" in fault(ingested, tmp_path / "*sv")


def test_quotes_that_only_come_late_are_quotes(tmp_path, ingested):
    file = tmp_path / "rows.csv"
    file.write_text("id,name\n" + "1,x\n" * LATER + '2,"a ""b"", c\nd"\n')
    assert ingested(file).rows[-1] == (2, 'a "b", c\nd')


BAD_CSV = [
    ("x,2\n", "'x' is not a BIGINT"),
    ("1,2,3\n", "Expected Number of Columns: 2 Found: 3"),
    ("1\n", "Expected Number of Columns: 2 Found: 1"),
]


@pytest.mark.parametrize(("line", "reason"), BAD_CSV)
@pytest.mark.parametrize("before", [1, LATER])
def test_a_bad_line_fails_the_job_with_its_number_and_why(tmp_path, ingested, line, reason, before):
    file = tmp_path / "rows.csv"
    file.write_text("id,n\n" + "1,2\n" * before + line + "3,4\n")
    if line.startswith("x") and before == 1:
        return  # Seen at the beginning, a word makes the column a text.
    said = fault(ingested, file)
    assert said.startswith(f"{file}, line {before + 2:,}")
    assert reason in said


def test_bad_lines_are_set_aside_up_to_a_limit(tmp_path, ingested):
    file = tmp_path / "rows.csv"
    file.write_text("id,n\n" + "1,2\n" * LATER + "".join(line for line, _ in BAD_CSV) + "3,4\n")
    result = ingested(file, bad_rows=BadRows.SET_ASIDE, bad_rows_limit=3)
    assert len(result.rows) == LATER + 1
    assert [(bad.line, bad.text) for bad in result.bad] == [(LATER + 2 + i, line.strip())
                                                           for i, (line, _) in enumerate(BAD_CSV)]  # fmt: skip
    for bad, (_, reason) in zip(result.bad, BAD_CSV, strict=True):
        assert reason in bad.reason
    said = fault(ingested, file, bad_rows=BadRows.SET_ASIDE, bad_rows_limit=2)
    assert said.startswith(f"more than 2 bad rows; the first is {file}, line {LATER + 2:,}, column 'id': ")


def test_a_row_with_several_faults_is_one_bad_row(tmp_path, ingested):
    file = tmp_path / "rows.csv"
    file.write_text("a,b,c\n" + "1,2,3\n" * LATER + "1\n" + "x,y,z\n" + "1,2,3,4,5,6\n")
    result = ingested(file, bad_rows=BadRows.SET_ASIDE, bad_rows_limit=3)
    assert [(bad.line - LATER, bad.column) for bad in result.bad] == [(2, "b"), (3, "a"), (4, "")]
    assert len(result.rows) == LATER
    file.write_text("a,b,c\n" + "1,2,3\n" * LATER + "1" + ",1" * 50)
    assert "16 faults in 1 bad rows are more than can be set aside" in fault(
        ingested, file, bad_rows=BadRows.SET_ASIDE, bad_rows_limit=1
    )


@pytest.mark.parametrize("header", ['"id,name,v', 'id,"na"me,v', 'id, "a": "b",v'])
@pytest.mark.parametrize("options", [{}, {"bad_rows": BadRows.SET_ASIDE}])
def test_a_stray_quote_in_the_header_swallows_no_rows(tmp_path, ingested, header, options):
    (tmp_path / "a.csv").write_text(header + "\n" + "1,2,x\n" * 1000)
    said = fault(ingested, tmp_path / "a.csv", **options)
    assert said.startswith(f"{tmp_path}/a.csv, line 1: the column ")
    assert 'begins with a quote (") that is not closed' in said


@pytest.mark.parametrize("options", [{}, {"header": True}, {"header": False}])
@pytest.mark.parametrize("first", ['id,height 5",v', '1,"na"me,v', '"1,name,v'])
def test_what_is_read_has_every_row_or_is_refused(tmp_path, ingested, first, options):
    (tmp_path / "a.csv").write_text(first + "\n" + "1,2,x\n" * 1000)
    try:
        assert len(ingested(tmp_path / "a.csv", **options).rows) == 1000 + (options.get("header") is False)
    except SourceFault as refused:
        assert f"{tmp_path}/a.csv" in str(refused)


def test_lines_above_the_header_are_no_rows(tmp_path, ingested):
    (tmp_path / "a.csv").write_text("\nid,name\n" + "a,b\n" * 10)
    result = ingested(tmp_path / "a.csv")
    assert (list(result.types), len(result.rows)) == (["id", "name"], 10)


def test_quotes_around_a_name_after_a_byte_order_mark_are_no_part_of_it(tmp_path, ingested):
    (tmp_path / "a.csv").write_text('\ufeff"id",n\n1,2\n')
    assert ingested(tmp_path / "a.csv").types == {"id": "BIGINT", "n": "BIGINT"}


@pytest.mark.parametrize("options", [{}, {"bad_rows": BadRows.SET_ASIDE}])
def test_utf_16_is_read_where_it_can_be(tmp_path, ingested, options):
    text = "id,name\n" + "1,ä€\n" * 1000
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe" + text.encode("utf-16-le"))
    result = ingested(tmp_path / "a.csv", **options)
    assert (result.types, len(result.rows)) == ({"id": "BIGINT", "name": "VARCHAR"}, 1000)
    assert result.rows[-1] == (1, "ä€")
    (tmp_path / "b.csv").write_bytes(b"\xfe\xff" + text.encode("utf-16-be"))
    assert "b.csv is UTF-16 of a kind that cannot be read as csv" in fault(ingested, tmp_path / "b.csv", **options)


BAD_JSON = [('{"id": \n', "not JSON"), ("[1]\n", "not an object"), ('{"id": "x"}\n', "id: not a BIGINT")]


@pytest.mark.parametrize(("line", "reason"), BAD_JSON)
def test_a_bad_line_of_json_fails_the_job(tmp_path, ingested, line, reason):
    file = tmp_path / "rows.jsonl"
    file.write_text('{"id": 1, "n": null}\n' * LATER + line + '{"n": 2}\n')
    assert fault(ingested, file, types={"id": "BIGINT"}) == f"{file}, line {LATER + 1:,}: {reason}"


@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_what_only_a_late_object_has_is_not_lost(tmp_path, ingested, ending):
    file = tmp_path / f"rows.{ending}"
    lines = ['{"id": 1, "n": null}'] * LATER + ['{"id": "x", "late": true}']
    file.write_text("\n".join(lines) if ending == "jsonl" else f"[{','.join(lines)}]")
    assert ingested(file).rows[-1] == ('"x"', None, True)


def test_bad_lines_of_json_are_set_aside(tmp_path, ingested):
    file = tmp_path / "rows.jsonl"
    file.write_text('{"id": 1, "n": null}\n' * LATER + BAD_JSON[0][0] + BAD_JSON[2][0] + '{"n": "y"}\n')
    result = ingested(file, types={"id": "BIGINT"}, bad_rows=BadRows.SET_ASIDE)
    assert [(bad.line - LATER, bad.reason) for bad in result.bad] == [(1, "not JSON"), (2, "id: not a BIGINT")]
    assert (len(result.rows), result.rows[-1]) == (LATER + 1, (None, "y"))
    said = fault(ingested, file, types={"id": "BIGINT"}, bad_rows=BadRows.SET_ASIDE, bad_rows_limit=1)
    assert said.startswith("more than 1 bad row; the first is ")


@pytest.mark.parametrize(("ending", "unit"), [("jsonl", "line"), ("json", "element"), ("jsonl.gz", "line")])
def test_what_is_no_object_is_a_bad_row_like_others(tmp_path, ingested, ending, unit):
    file = tmp_path / f"rows.{ending}"
    values = ['{"id": 1, "day": "2024-05-01"}', "[1]", '{"id": 2, "day": null}', "3", '{"id": "x"}']
    text = f"[{','.join(values)}]" if ending == "json" else "\n".join(values)
    file.write_bytes(gzip.compress(text.encode()) if ending.endswith("gz") else text.encode())
    types = {"id": "BIGINT"}
    assert fault(ingested, file, types=types) == f"{file}, {unit} 2: not an object"
    result = ingested(file, types=types, bad_rows=BadRows.SET_ASIDE)
    assert result.types == {"id": "BIGINT", "day": "DATE"}
    assert [row[0] for row in result.rows] == [1, 2]
    assert [(str(bad), bad.text) for bad in result.bad] == [
        (f"{file}, {unit} 2: not an object", "[1]"), (f"{file}, {unit} 4: not an object", "3"),
        (f"{file}, {unit} 5: id: not a BIGINT", '{"id": "x"}'),
    ]  # fmt: skip


@pytest.mark.parametrize("options", [{}, {"bad_rows": BadRows.SET_ASIDE, "bad_rows_limit": 1}])
@pytest.mark.parametrize("content", ["[1, 2]", "[[1], 2]"])
def test_an_array_without_objects_is_no_table(tmp_path, ingested, content, options):
    file = tmp_path / "a.json"
    file.write_text(content)
    assert f"{file}, element 1: not an object" in fault(ingested, file, **options)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "is empty"),
        ("a.json", b'[{"a": 1}, {"a": ]', "a.json"),
        ("a.parquet", b"PAR1 but no more", "a.parquet"),
        ("a.bin", b"\0\1\2", "is no text; what can be read is csv, tsv, json, jsonl, parquet"),
        ("a.zip", b"PK\x03\x04..", "is a ZIP archive"),
        ("a.csv", b"<!DOCTYPE html>\n<html><p>404</p></html>", "a.csv is a page of HTML or XML"),
        ("a.csv", b'{"id": 1, "name": "x"}\n{"id": 2, "name": "y"}\n', "begins as JSON does; say the format"),
        ("a.csv", b"a,b\r\n" + b"1,2\n" * 9 + b"3,4\r\n" * 9, r"a.csv: some of its lines end in \r\n and others in \n"),
        ("a.csv", b"a,b\n1," + b"x" * 5_000_000 + b"\n", "a.csv: a row is longer than 2 MB; it begins with '1,xxx"),
        ("a.csv", b'a,b\n1,2\n1,"x\n1,2\n', "a.csv, line 3: Value with unterminated quote found"),
        ("a.csv", b"PAR1" + bytes(range(256)), "a.csv"),
        ("a.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * 99, mtime=0)[:-9], "a.csv.gz"),
        ("a.parquet.gz", gzip.compress(b"PAR1", mtime=0), "is Parquet inside gzip"),
        ("a.gz", gzip.compress(b"", mtime=0), "a.gz is empty"),
        ("a.gz", gzip.compress(b"<!DOCTYPE html>", mtime=0), "a.gz is a page of HTML or XML"),
        (
            "a.csv.gz",
            b"\x1f\x8b no gzip",
            "a.csv.gz cannot be unpacked as gzip: Unknown compression method; is it whole?",
        ),
        ("a.json", b'[{"a": 1}, {"a": 2},', "a.json ends in the middle of the array"),
        ("a.json", b'[{"a": 1}, {"a": 2},' + b" \n" * 3_000_000, "a.json ends in the middle of the array"),
        ("a.json", b'[{"a": 1}]garbage', "or there is something behind it: its last character is 'e'"),
        ("a.json", b'{"a": 1}\n{"a": 2},', "a.json ends in the middle of the object"),
        ("a.json.gz", gzip.compress(b'[{"a": 1},', mtime=0), "a.json.gz ends in the middle of the array"),
        ("a.json", b"[]", "a.json: it has no rows"),
        (
            "a.parquet",
            b"a,b\n1,2\n",
            "a.parquet does not begin as Parquet does; if it is something else, say the format",
        ),
        ("a.parquet", b"PAR1" + bytes(999), "it was cut short"),
    ],
)
def test_what_is_no_table_is_told_in_a_line(tmp_path, ingested, name, content, words):
    (tmp_path / name).write_bytes(content)
    said = fault(ingested, tmp_path / name)
    assert words in said
    assert "source-0" not in said, "where it is read means nothing to anybody"


def test_parquet_is_known_by_its_beginning(tmp_path, ingested):
    file = write(tmp_path / "rows.parquet").rename(tmp_path / "rows.csv")
    assert ingested(file).rows == ROWS
    assert "rows.csv is Parquet; what can be read is csv" in fault(ingested, file, format=SourceFormat.CSV)


def test_what_is_not_there_is_told_in_a_line(tmp_path, ingested):
    assert "there is no such file on this machine" in fault(ingested, tmp_path / "none.csv")
    assert "no file matches" in fault(ingested, tmp_path / "*.csv")
    assert "is no regular file" in fault(ingested, "/dev/zero")
    assert "is a folder; say which of its files" in fault(ingested, tmp_path)


def test_a_table_with_a_header_and_no_rows_is_a_table(tmp_path, ingested):
    (tmp_path / "a.csv").write_text("id,n\n")
    result = ingested(tmp_path / "a.csv")
    assert (result.rows, list(result.types)) == ([], ["id", "n"])


def test_the_profile_says_what_is_in_each_column(tmp_path, ingested):
    file = tmp_path / "a.json"
    file.write_text(json.dumps([
        {"n": 1, "x": 0.5, "text": "b", "day": "2024-05-01", "list": [1, 2], "big": 2**60},
        {"n": 2, "x": None, "text": "a" * 500, "day": "2024-05-02", "list": [3], "big": 1},
    ]))  # fmt: skip
    profile = ingested(file).profiled.profile
    columns = {column.name: column for column in profile.columns}
    assert (columns["n"].nulls, columns["n"].distinct, columns["n"].min, columns["n"].max) == (0, 2, 1, 2)
    assert (columns["x"].nulls, columns["x"].distinct) == (1, 1)
    assert (columns["day"].min, columns["day"].max) == ("2024-05-01", "2024-05-02")
    assert (columns["list"].min, columns["list"].distinct) == (None, 2)
    assert columns["text"].min == "a" * 199 + "…"
    assert columns["big"].max == str(2**60)
    assert profile.sample[0] == [1, 0.5, "b", "2024-05-01", "[1, 2]", str(2**60)]


def test_what_is_not_finite_is_data(tmp_path, ingested):
    (tmp_path / "a.csv").write_text("x\n1.5\nnan\n-inf\n")
    [column] = ingested(tmp_path / "a.csv").profiled.profile.columns
    assert (column.min, column.max, column.nulls) == ("-Infinity", "NaN", 0)


def test_what_is_stopped_is_not_read_again_to_find_what_is_wrong(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("n,text\n" + "1,x\n" * 5_000_000)
    conversion, options = Conversion(tmp_path), ReadOptions()
    source = source_of(local_files(str(file)), tmp_path, options)
    with ThreadPoolExecutor(1) as pool:
        converted = pool.submit(conversion.convert, source, options, tmp_path / "a.parquet")
        while not conversion.rows:
            assert not converted.done()
        conversion.stop()
        assert isinstance(converted.exception(), duckdb.InterruptException)
    conversion.close()


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "json", "jsonl", "parquet"])
def test_rows_are_counted_while_they_are_written(tmp_path, ending):
    file, rows = tmp_path / f"a.{ending}", 600_000
    how = ", ARRAY true" if ending == "json" else ", COMPRESSION gzip" if ending == "csv.gz" else ""
    kind = {"csv.gz": "csv", "jsonl": "json"}.get(ending, ending)
    made = f"SELECT i AS n, 'text ' || i AS text FROM range({rows}) made(i)"
    duckdb.sql(f"COPY ({made}) TO '{file}' (FORMAT {kind}{how})")
    conversion, options, seen = Conversion(tmp_path), ReadOptions(), []
    source = source_of(local_files(str(file)), tmp_path, options)
    with ThreadPoolExecutor(1) as pool:
        converted = pool.submit(conversion.convert, source, options, tmp_path / "table.parquet")
        while not converted.done():
            seen.append(conversion.rows)
    converted.result()
    assert conversion.rows == rows
    conversion.close()
    assert seen == sorted(seen)
    assert any(0 < number < rows for number in seen)


texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\r"), min_size=1, max_size=20)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(-(2**40), 2**40), texts), min_size=2, max_size=30))
def test_what_json_lines_say_is_what_the_table_has(tmp_path, rows):
    file = tmp_path / "any.jsonl"
    file.write_text("".join(json.dumps({"n": n, "text": f"~{text}"}) + "\n" for n, text in rows))
    result = Result(tmp_path, file, bad_rows=BadRows.SET_ASIDE)
    assert (result.rows, result.bad) == ([(n, f"~{text}") for n, text in rows], [])


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_a_source_that_goes_away_is_told_by_its_name(tmp_path, ending):
    file = write(tmp_path / f"rows.{ending}")
    source = source_of(local_files(str(file)), tmp_path, ReadOptions())
    file.unlink()
    with pytest.raises(SourceFault, match=f"{file} went away while it was read"):
        Conversion(tmp_path).convert(source, ReadOptions(), tmp_path / "table.parquet")
