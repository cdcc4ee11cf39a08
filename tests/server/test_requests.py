"""How requests come, whatever they ask: compressed, by HEAD, by OPTIONS."""

import gzip
import zlib

import pytest

from tests.server.test_wrong_input import refused

BODY = b'{"name": "p"}'
PIPELINES = "/api/v1/pipelines"


async def send(http, body, encoding):
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    return await http.post(PIPELINES, content=body, headers=headers)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(BODY, mtime=0)),
        ("GZIP", gzip.compress(BODY[:5], mtime=0) + gzip.compress(BODY[5:], mtime=0)),
        ("deflate", zlib.compress(BODY)),
        ("identity", BODY),
    ],
)
async def test_a_body_comes_compressed(http, encoding, body):
    assert (await send(http, body, encoding)).status_code == 201
    assert (await http.get(PIPELINES)).json()["items"][0]["name"] == "p"


async def test_one_that_is_large_comes_whole(http):
    config = {"text": "ab" * 1_000_000}
    body = gzip.compress(b'{"name": "p", "config": {"text": "' + b"ab" * 1_000_000 + b'"}}')
    assert (await send(http, body, "gzip")).json()["config"] == config


@pytest.mark.parametrize(
    ("encoding", "body", "status", "words"),
    [
        ("gzip", BODY, 400, "the body is not gzip, as Content-Encoding says"),
        ("gzip", gzip.compress(BODY, mtime=0)[:-9], 400, "the body ends before its gzip does"),
        ("gzip", gzip.compress(BODY, mtime=0) + b"more", 400, "the body is not gzip"),
        ("gzip", b"", 422, "the body is missing"),
        ("gzip", gzip.compress(bytes(10_000_001), mtime=0), 413, "more than 10,000,000 bytes"),
        ("zstd", BODY, 415, "compress the body with gzip or deflate"),
        ("gzip, gzip", BODY, 415, "'gzip, gzip' is not taken"),
    ],
)
async def test_a_body_that_cannot_be_unpacked(http, encoding, body, status, words):
    answer = await send(http, body, encoding)
    await refused(answer, status, words)
    assert answer.headers.get("Accept-Encoding") == ("gzip, deflate" if status == 415 else None)


@pytest.mark.parametrize("address", [PIPELINES, "/health", "/metrics", "/schema", "/api/v1/pipelines/none"])
async def test_head_is_get_without_a_body(http, address):
    shown, head = await http.get(address), await http.head(address)
    assert (head.status_code, head.content) == (shown.status_code, b"")
    assert head.headers["content-type"] == shown.headers["content-type"]
    assert {"content-length", "x-request-id"} <= set(head.headers)


async def test_head_where_there_is_no_get(http):
    assert (await http.head("/api/v1/runs/1/cancel")).status_code == 405


async def test_options_says_what_there_is(http):
    answer = await http.options("/api/v1/events")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, OPTIONS")
