"""Pages, tails and searches: what they answer and how little they read for it."""

import pytest

from mltui_server.logs import reading
from mltui_server.logs.queries import fetch_chunks
from tests.server.logs.shipping import begin, found, page, raw, records, search, ship


async def many(http, lines: int, per_chunk: int) -> str:
    _, execution = await begin(http)
    for seq, first in enumerate(range(0, lines, per_chunk), start=1):
        bodies = (b"line %d\n" % n for n in range(first, min(lines, first + per_chunk)))
        assert (await ship(http, execution, seq, records(*bodies))).status_code == 204
    return execution


async def test_every_range_is_right_at_the_borders_of_chunks(http):
    execution = await many(http, 50, 7)
    for first in range(52):
        for count in (1, 6, 7, 8, 50):
            answer = await page(http, execution, first=first, count=count)
            assert [line["n"] for line in answer["lines"]] == list(range(first, min(50, first + count)))
            assert all(line["text"] == f"line {line['n']}" for line in answer["lines"])
            assert answer["first"] == min(first, 50)
    for tail in (1, 6, 7, 8, 50, 51):
        answer = await page(http, execution, tail=tail)
        assert [line["n"] for line in answer["lines"]] == list(range(max(0, 50 - tail), 50))


async def test_the_tail_of_a_million_lines_reads_what_it_shows(http, database, monkeypatch):
    execution = await many(http, 1_000_000, 50_000)
    unpacked: list[int] = []

    def counting(body: bytes, unpack=reading.unpack):
        unpacked.append(len(body))
        return unpack(body)

    monkeypatch.setattr(reading, "unpack", counting)
    answer = await page(http, execution, tail=500)
    assert [line["n"] for line in answer["lines"]] == list(range(999_500, 1_000_000))
    assert answer["total"] == 1_000_000
    assert len(unpacked) == 1
    unpacked.clear()
    assert (await page(http, execution, first=499_900, count=200))["lines"][-1]["text"] == "line 500099"
    assert len(unpacked) == 2


async def test_one_fetch_is_bounded_in_bytes(http, database):
    execution = await many(http, 40_000, 10_000)
    size = sum(len(b"line %d\n" % n) for n in range(10_000))
    chunks = await fetch_chunks(database.pool, execution, 0, 40_000, limit=size + 1)
    assert [chunk.first_line for chunk in chunks] == [0, 10_000]
    chunks = await fetch_chunks(database.pool, execution, 0, 40_000, limit=1, keep="last")
    assert [chunk.first_line for chunk in chunks] == [30_000]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"from": -1}, "from is -1"),
        ({"count": 0}, "0 lines"),
        ({"count": 5001}, "at most 5000"),
        ({"tail": 0}, "0 lines"),
    ],
)
async def test_a_wrong_range_is_refused(http, query, words):
    execution = await many(http, 1, 1)
    response = await http.get(f"/api/v1/executions/{execution}/log", params=query)
    assert (response.status_code, words in response.json()["detail"]) == (422, True), response.text


async def test_search_finds_text_and_patterns_with_and_without_case(http):
    _, execution = await begin(http)
    await ship(
        http, execution, 1, records(b"Loss 0.5\n", b"loss 1.5\n", b"a.c\n", b"abc\n", "Größe\n".encode(), b"\xff!\n")
    )

    assert await found(http, execution, "loss") == [0, 1]
    assert await found(http, execution, "loss", case=1) == [1]
    assert await found(http, execution, "a.c") == [2]
    assert await found(http, execution, "a.c", regex=1) == [2, 3]
    assert await found(http, execution, "A.C", regex=1, case=1) == []
    assert await found(http, execution, r"^loss \d\.5$", regex=1) == [0, 1]
    assert await found(http, execution, "GRÖSSE") == []
    assert await found(http, execution, "GRÖßE") == [4]
    assert await found(http, execution, "\ufffd!") == [5]
    assert await found(http, execution, "nowhere") == []


async def test_a_search_goes_on_where_the_last_one_stopped(http):
    execution = await many(http, 5_000, 100)
    found, first, calls = [], 0, 0
    while first is not None:
        answer = await search(http, execution, "7", first=first, limit=100)
        assert len(answer["lines"]) <= 100
        found += [line["n"] for line in answer["lines"]]
        first, calls = answer["next"], calls + 1
    assert found == [n for n in range(5_000) if "7" in str(n)]
    assert calls > 10


async def test_a_search_that_ran_out_of_time_says_where_to_go_on(http, monkeypatch):
    monkeypatch.setattr("mltui_server.logs.search.BUDGET_S", 0.0)
    execution = await many(http, 300, 100)
    answer = await search(http, execution, "nowhere")
    assert (answer["lines"], answer["next"]) == ([], 100)
    assert (await search(http, execution, "nowhere", first=200))["next"] is None


@pytest.mark.parametrize("pattern", ["(", "a(?=b)", "[z-a]", r"(a)\1", "a{2000}"])
async def test_a_bad_pattern_is_refused_with_the_reason(http, pattern):
    execution = await many(http, 1, 1)
    response = await http.get(f"/api/v1/executions/{execution}/log/search", params={"q": pattern, "regex": 1})
    assert response.status_code == 422, response.text
    assert pattern.replace("\\", "\\\\") in response.json()["detail"]


async def test_a_pattern_that_would_take_for_ever_elsewhere_is_answered(http):
    _, execution = await begin(http)
    await ship(http, execution, 1, records(b"a" * 60_000 + b"!\n", b"aaaa\n"))
    assert [line["n"] for line in (await search(http, execution, r"^(a+)+$", regex=1))["lines"]] == [1]


@pytest.mark.parametrize("query", [{"q": ""}, {"q": "x" * 1_001}, {"q": "a", "limit": 0}, {"q": "a", "from": -1}])
async def test_a_wrong_search_is_refused(http, query):
    execution = await many(http, 1, 1)
    assert (await http.get(f"/api/v1/executions/{execution}/log/search", params=query)).status_code == 422


async def test_colours_do_not_hide_words_from_a_search(http):
    _, execution = await begin(http)
    await ship(http, execution, 1, records(b"lo\x1b[1;31mss\x1b[0m 0.5\n", b"\x1b[38;5;1mother\x1b[0m\n"))
    assert [line["n"] for line in (await search(http, execution, "loss 0.5"))["lines"]] == [0]
    assert [line["n"] for line in (await search(http, execution, r"^other$", regex=1))["lines"]] == [1]
    assert (await search(http, execution, "38;5"))["lines"] == []


async def test_raw_bytes_of_a_range_of_lines(http):
    _, execution = await begin(http)
    await ship(http, execution, 1, records(*(b"line %d\n" % i for i in range(300))))
    assert await raw(http, execution, first=3, to=5) == b"line 3\nline 4\n"
    assert await raw(http, execution, first=298) == b"line 298\nline 299\n"
    assert await raw(http, execution, first=300) == b""
