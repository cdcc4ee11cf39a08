"""What is seen of artifacts without fetching them, also of files that mean harm."""

import gzip
import io
import json
import struct

import pyarrow
import pyarrow.parquet
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from mltui.wire.artifact_previews import CELL_CHARACTERS, TABLE_COLUMNS, TABLE_ROWS, TEXT_BYTES, TablePreview
from mltui_server.artifacts.previews import shown


@pytest.fixture
def preview(http, run):
    async def ask(name: str, content: bytes) -> dict:
        made = (await http.put(f"/api/v1/runs/{run}/artifacts/{name}", content=content)).json()
        answer = await http.get(f"/api/v1/artifacts/{made['id']}/preview")
        assert answer.status_code == 200, answer.text
        return answer.json()

    return ask


def parquet(table: pyarrow.Table, **how) -> bytes:
    file = io.BytesIO()
    pyarrow.parquet.write_table(table, file, **how)
    return file.getvalue()


async def test_text_is_its_beginning(preview):
    assert await preview("train.py", b"print(1)\n") == {"kind": "text", "note": "", "text": "print(1)\n", "cut": False}
    long = await preview("log.txt", b"x" * (TEXT_BYTES + 1))
    assert (len(long["text"]), long["cut"]) == (TEXT_BYTES, True)
    assert (await preview("empty", b""))["text"] == ""


async def test_what_is_no_text_is_not_shown(preview):
    assert (await preview("model.pt", b"PK\x03\x04\0\0"))["kind"] == "none"
    assert await preview("loss.png", b"\x89PNG") == {"kind": "image", "note": "", "media_type": "image/png"}


async def test_what_windows_writes_is_text_too(preview):
    for encoding in ("utf-16", "utf-8-sig"):
        assert (await preview("a.txt", "héllo\r\n".encode(encoding)))["text"] == "héllo\r\n"
        assert (await preview("a.csv", "id,ü\r\n1,é\r\n".encode(encoding)))["rows"] == [["1", "é"]]
        assert json.loads((await preview("a.json", '{"ü": 1}'.encode(encoding)))["text"]) == {"ü": 1}
    assert (await preview("half.txt", "ab".encode("utf-16")[:-1]))["text"] == "a\ufffd"
    assert (await preview("wide.txt", "a".encode("utf-32")))["kind"] == "none"


async def test_what_is_no_utf8_says_how_it_was_read(preview):
    how = "not UTF-8, read as Latin-1 (Windows-1252)"
    found = await preview("latin.txt", "Größe in €".encode("cp1252"))
    assert (found["text"], found["note"]) == ("Größe in €", how)
    found = await preview("latin.csv", "id,Größe\n1,é\n1,2,3\n".encode("latin-1"))
    assert (found["columns"][1]["name"], found["rows"]) == ("Größe", [["1", "é"]])
    assert found["note"] == f"{how}; left out: 1 row with another number of values"
    found = await preview("latin.json", '{"é": 1}'.encode("latin-1"))
    assert (found["kind"], json.loads(found["text"]), found["note"]) == ("json", {"é": 1}, how)
    found = await preview("mixed.txt", "é and ".encode() + b"\xff")
    assert (found["text"], found["note"]) == ("é and \ufffd", "not all of it is UTF-8; the rest is shown as \ufffd")
    assert "not all of it is UTF-8" in (await preview("none.txt", b"\x81"))["note"]
    cut = await preview("cut.txt", b"x" * (TEXT_BYTES - 1) + "é".encode() * 1_000_000)
    assert (len(cut["text"]), cut["note"]) == (TEXT_BYTES - 1, ""), "what is cut in the middle of a character"


@pytest.mark.parametrize("name", ["a.json", "a.csv", "a.txt", "a"])
async def test_an_empty_file_is_just_empty(preview, name):
    assert await preview(name, b"") == {"kind": "text", "note": "", "text": "", "cut": False}


async def test_of_large_files_the_beginning_is_fetched(preview):
    wide = pyarrow.table({f"c{number}": [1.5] for number in range(500)})
    found = await preview("wide.parquet", parquet(wide))
    assert (len(found["columns"]), found["column_count"]) == (TABLE_COLUMNS, 500)
    long = await preview("long.json", b"[" + b"1," * 2_000_000 + b"1]")
    assert (len(long["text"]), long["cut"], long["note"]) == (
        TEXT_BYTES, True, "shown as text: more than 1 MiB of JSON"
    )  # fmt: skip
    rows = (await preview("long.csv", b"a,b\n" + b"1,2\n" * 2_000_000))["rows"]
    assert rows == [["1", "2"]] * TABLE_ROWS


async def test_packed_files_are_unpacked_as_far_as_they_are_shown(preview):
    assert (await preview("a.log.gz", gzip.compress(b"one\ntwo")))["text"] == "one\ntwo"
    assert (await preview("a.json.zst", zstandard.compress(b"[1]")))["text"] == "[1]"
    bomb = await preview("zeros.txt.gz", gzip.compress(b"0" * 200_000_000))
    assert (len(bomb["text"]), bomb["cut"]) == (TEXT_BYTES, True)
    assert "it cannot be unpacked" in (await preview("not.gz", b"plainly not"))["note"]


async def test_json_is_whole_or_text(preview):
    content = b'{"loss": NaN, "steps": [1, 2]}'
    assert await preview("metrics.json", content) == {"kind": "json", "note": "", "text": content.decode()}
    broken = await preview("broken.json", b'{"loss": ')
    assert (broken["kind"], broken["note"][:15]) == ("text", "shown as text: ")
    assert (await preview("deep.json", b"[" * 100_000))["note"] == "shown as text: it is nested too deeply"
    assert "more than 1 MiB" in (await preview("long.json", json.dumps(["x" * 2_000_000]).encode()))["note"]


async def test_csv_is_a_table_with_a_schema_and_each_value_as_it_is_written(preview):
    found = await preview("people.csv", b'id,name,score\n007,"Lovelace, Ada",1.50\n008,Grace,\n')
    assert found["columns"] == [
        {"name": "id", "type": "int64"},
        {"name": "name", "type": "string"},
        {"name": "score", "type": "double"},
    ]
    assert found["rows"] == [["007", "Lovelace, Ada", "1.50"], ["008", "Grace", None]]
    assert (found["row_count"], found["column_count"]) == (2, 3)
    assert (await preview("a.tsv", b"a\tb\n1\t2\n"))["rows"] == [["1", "2"]]
    ragged = await preview("ragged.csv", b"a,b\n1,2\n1,2,3\n")
    assert (ragged["rows"], ragged["note"][:10]) == ([["1", "2"]], "left out: ")
    assert (await preview("empty.csv", b""))["kind"] == "text"


async def test_of_a_large_csv_only_the_beginning_is_read(preview):
    found = await preview("large.csv", b"a,b\n" + b"1,2\n" * 1_000_000)
    assert (len(found["rows"]), found["row_count"], found["note"]) == (TABLE_ROWS, None, "")
    wide = ",".join(f"c{i}" for i in range(500)) + "\n" + ",".join(["x" * 300] * 500) + "\n"
    found = await preview("wide.csv", wide.encode())
    assert (len(found["columns"]), found["column_count"]) == (TABLE_COLUMNS, 500)
    assert {len(value) for value in found["rows"][0]} == {CELL_CHARACTERS}


async def test_parquet_is_a_table_with_a_schema(preview):
    table = pyarrow.table({"step": range(100_000), "loss": [float("nan")] * 100_000, "raw": [b"\x00\xff"] * 100_000})
    found = await preview("history.parquet", parquet(table))
    assert [column["type"] for column in found["columns"]] == ["int64", "double", "binary"]
    assert found["rows"][1] == ["1", "NaN", "00ff"]
    assert (found["row_count"], len(found["rows"])) == (100_000, TABLE_ROWS)
    assert (await preview("none.parquet", parquet(table.slice(0, 0))))["rows"] == []


async def test_a_parquet_file_that_means_harm_is_refused(preview):
    good = parquet(pyarrow.table({"a": ["x" * 1000] * 10_000}), use_dictionary=False)
    for name, content in {
        "text.parquet": b"not parquet at all",
        "empty.parquet": b"",
        "cut.parquet": good[: len(good) // 2],
        "footer.parquet": good[:-8] + struct.pack("<I", 2**31 - 1) + b"PAR1",
        "middle.parquet": good[:50] + bytes(255 - byte for byte in good[50:-400]) + good[-400:],
    }.items():
        found = await preview(name, content)
        assert (found["kind"], found["note"][:28]) == ("none", "it cannot be read as Parquet"), (name, found)


@given(st.sampled_from(["a.csv", "a.tsv", "a.json", "a.txt.gz", "a.csv.zst", "a.md"]), st.binary(max_size=300))
def test_whatever_a_file_is_something_is_said_of_it(name, content):
    found = shown(name, content, cut=False)
    if isinstance(found, TablePreview):
        assert all(len(row) == len(found.columns) for row in found.rows)


async def test_what_cannot_be_previewed_is_a_problem(http, run):
    assert (await http.get("/api/v1/artifacts/nothing/preview")).status_code == 404
    body = {"name": "a", "file_size": 1, "sha256": "0" * 64}
    announced = (await http.post(f"/api/v1/runs/{run}/artifacts", json=body)).json()
    answer = await http.get(f"/api/v1/artifacts/{announced['id']}/preview")
    assert (answer.status_code, "is uploading" in answer.json()["detail"]) == (409, True)
