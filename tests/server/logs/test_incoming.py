"""Chunks coming in: in order, once, and what is refused with which words."""

import asyncio

import msgspec
import pytest

from mltui.wire.logs import AGENT, MAX_CHUNK_BYTES, STDERR, STDOUT, LogRecord
from tests.server.logs.shipping import begin, end, page, raw, records, search, ship, split


async def test_what_came_in_comes_out_in_order_with_times_and_streams(http):
    _, execution = await begin(http)
    said = [
        LogRecord(10, STDOUT, b"one\n"),
        LogRecord(11, STDERR, b"two\n"),
        LogRecord(12, STDOUT, b"three"),
        LogRecord(13, AGENT, b"mltui: stopped\n"),
    ]
    assert (await ship(http, execution, 1, said)).status_code == 204
    answer = await page(http, execution)
    assert [(line["n"], line["time"], line["stream"], line["text"], line["open"]) for line in answer["lines"]] == [
        (0, 10, "out", "one", False),
        (1, 11, "err", "two", False),
        (2, 12, "out", "three", True),
        (3, 13, "agent", "mltui: stopped", False),
    ]
    assert (answer["first"], answer["total"], answer["bytes"], answer["finished"]) == (0, 4, 28, False)
    assert (await raw(http, execution), await raw(http, execution, "err")) == (b"one\ntwo\nthree", b"two\n")


async def test_a_log_without_lines_is_an_empty_page(http):
    _, execution = await begin(http)
    for query in ({}, {"tail": 10}, {"first": 7}):
        assert await page(http, execution, **query) == {
            "lines": [], "first": 0, "total": 0, "bytes": 0, "finished": False
        }  # fmt: skip
    assert await raw(http, execution) == b""
    assert await search(http, execution, "x") == {"lines": [], "next": None}


async def test_ansi_carriage_returns_and_binary_junk_survive(http):
    _, execution = await begin(http)
    bodies = [
        b"\x1b[31mred\x1b[0m\n",
        b"10%\r20%\r100%\n",
        b"windows\r\n",
        bytes(range(256)).replace(b"\n", b"") + b"\n",
        b"\xf0\x9f\x98",
        b"\x80 a smile cut in two\n",
        b"\n",
        b"\x00\x00\n",
    ]
    await ship(http, execution, 1, records(*bodies))
    assert await raw(http, execution) == b"".join(bodies)
    texts = [line["text"] for line in (await page(http, execution))["lines"]]
    assert texts[:3] == ["\x1b[31mred\x1b[0m", "10%\r20%\r100%", "windows\r"]
    assert texts[6:] == ["", "\x00\x00"]
    assert "\ufffd" in texts[3]


async def test_a_ten_megabyte_line_comes_out_whole_and_pages_stay_bounded(http):
    _, execution = await begin(http)
    line = b"0123456789abcdef" * 640_000 + b"\n"
    pieces = split(line)
    for seq, i in enumerate(range(0, len(pieces), 15), start=1):
        assert (await ship(http, execution, seq, pieces[i : i + 15])).status_code == 204
    assert await raw(http, execution) == line
    first = await page(http, execution, count=5_000)
    assert first["total"] == len(pieces)
    assert first["lines"][0]["n"] == 0
    assert sum(len(one["text"]) for one in first["lines"]) < 6 << 20
    assert {one["open"] for one in first["lines"]} == {True}
    tail = await page(http, execution, tail=5_000)
    assert [one["n"] for one in tail["lines"]] == list(range(tail["first"], len(pieces)))
    assert sum(len(one["text"]) for one in tail["lines"]) < 6 << 20
    assert not tail["lines"][-1]["open"]


async def test_a_chunk_sent_again_is_stored_once(http):
    _, execution = await begin(http)
    for _ in range(3):
        assert (await ship(http, execution, 1, records(b"once\n"))).status_code == 204
    assert (await page(http, execution))["total"] == 1


async def test_rivals_that_send_the_same_chunks_at_once_store_each_once(http):
    _, execution = await begin(http)
    for seq in range(1, 6):
        sent = [ship(http, execution, seq, records(*(b"%d.%d\n" % (seq, i) for i in range(7)))) for _ in range(8)]
        assert {response.status_code for response in await asyncio.gather(*sent)} == {204}
    lines = (await page(http, execution))["lines"]
    assert [line["text"] for line in lines] == [f"{seq}.{i}" for seq in range(1, 6) for i in range(7)]
    assert [line["n"] for line in lines] == list(range(35))


async def test_a_gap_is_a_conflict_that_names_what_is_missing(http):
    _, execution = await begin(http)
    await ship(http, execution, 1, records(b"a\n"))
    response = await ship(http, execution, 3, records(b"c\n"))
    assert response.status_code == 409
    assert "the next is 2" in response.json()["detail"]
    assert (await page(http, execution))["total"] == 1


async def test_chunks_are_taken_after_the_end(http):
    _, execution = await begin(http)
    await ship(http, execution, 1, records(b"a\n"))
    await end(http, execution)
    assert (await ship(http, execution, 2, records(b"late\n"))).status_code == 204
    answer = await page(http, execution)
    assert ([line["text"] for line in answer["lines"]], answer["finished"]) == (["a", "late"], True)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"\xc1", 400, "cannot be decoded"),
        (b"", 400, "cannot be decoded"),
        (msgspec.msgpack.encode([1, "x"]), 422, "it must be a list"),
        (msgspec.msgpack.encode([1, []]), 422, "at least one record"),
        (msgspec.msgpack.encode([0, [[1, 1, b"x"]]]), 422, "counts 1, 2, 3"),
        (msgspec.msgpack.encode([1, [[1, 1, b"x"], [1, 4, b"x"]]]), 422, "$.records[1]: stream is 4"),
        (msgspec.msgpack.encode([1, [[1, 1, b"x" * 65_537]]]), 422, "65536"),
        (msgspec.msgpack.encode([1, [[2**63, 1, b"x"]]]), 422, "nanoseconds"),
        (b"x" * (MAX_CHUNK_BYTES + 1), 413, str(MAX_CHUNK_BYTES)),
    ],
)
async def test_what_is_no_chunk_is_refused_with_the_reason(http, body, status, words):
    _, execution = await begin(http)
    response = await http.post(f"/api/v1/executions/{execution}/log", content=body)
    assert (response.status_code, words in response.json()["detail"]) == (status, True), response.text
    assert (await page(http, execution))["total"] == 0


@pytest.mark.parametrize("key", ["01890000-0000-7000-8000-000000000000", "nonsense"])
async def test_an_unknown_execution_is_not_found(http, key):
    assert (await ship(http, key, 1, records(b"a\n"))).status_code == 404
    for path in ("log", "log/raw", "log/search?q=a"):
        response = await http.get(f"/api/v1/executions/{key}/{path}")
        assert response.status_code == 404
        assert key in response.json()["detail"]
