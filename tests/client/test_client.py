"""Client against peers that are no mltui server, or none at all. With a real one: tests/cli and tests/server."""

import asyncio
import random
import socket
import time
from contextlib import asynccontextmanager, suppress

import pytest

from mltui import transport
from mltui.client import Client, ProblemError, Unreachable


@asynccontextmanager
async def peer(answer: bytes):
    """A server that reads one request's head and answers these bytes; what it read is in the list."""
    heads: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        if answer:
            writer.close()
        else:
            await reader.read()  # Silence, until the client gives up.

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heads


def response(status: str, body: bytes, *headers: str) -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers])
    return head.encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def talkative(answer: bytes, after_s: float):
    """A server that answers every request of a connection with these bytes, after a moment."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"\r\n\r\n"):
                await asyncio.sleep(after_s)
                writer.write(answer)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_what_is_given_up_twice_over_keeps_no_connection():
    """As somebody who types does, whose every letter asks for another list."""
    moments = random.Random(7)
    empty = response("200 OK", b'{"items": [], "next": null, "total": 0}')
    async with talkative(empty, after_s=0.002) as url, Client(url) as client:
        for _ in range(200):
            asked = asyncio.create_task(client.runs())
            await asyncio.sleep(moments.uniform(0, 0.006))
            # A busy moment: the answer comes, and at once it is given up.
            time.sleep(moments.choice([0, 0.003]))  # noqa: ASYNC251
            for _ in range(3):
                asked.cancel()
                await asyncio.sleep(0)
            with suppress(asyncio.CancelledError):
                await asked
        # More than there are connections.
        answers = await asyncio.gather(*(client.runs() for _ in range(2 * transport.CONNECTIONS)))
    assert {answer.total for answer in answers} == {0}


async def test_no_server_is_one_line_that_says_how_to_start_one():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        async with Client(url) as client:
            with pytest.raises(Unreachable) as caught:
                await client.runs()
    assert str(caught.value) == f"no server at {url}; start one with `mltui up`"


async def test_an_unknown_host_is_not_a_server_to_start():
    async with Client("http://nowhere.invalid:1") as client:
        with pytest.raises(Unreachable) as caught:
            await client.runs()
    assert str(caught.value) == "unknown host 'nowhere.invalid'; is http://nowhere.invalid:1 right?"


async def test_a_silent_server_is_given_up(monkeypatch):
    monkeypatch.setattr(transport, "ANSWER_S", 0.2)
    async with peer(b"") as (url, _), Client(url) as client:
        with pytest.raises(Unreachable, match="did not answer in time"):
            await client.runs()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (response("502 Bad Gateway", b"<html>"), "no mltui server of this version .502 Bad Gateway"),
        (response("200 OK", b'{"items": 1}'), "no mltui server of this version .Expected `array`"),
        (b"SSH-2.0-OpenSSH_9.9\r\n", "lost the server at http"),
    ],
)
async def test_a_stranger_at_the_address_is_recognised(answer, message):
    async with peer(answer) as (url, _), Client(url) as client:
        with pytest.raises(Unreachable, match=message):
            await client.runs()


async def test_a_problem_says_what_was_wrong_where_and_when_to_try_again():
    body = b"""{"title": "Unavailable", "status": 503, "detail": "the inbox is full",
                "errors": [{"path": "$.series[0]", "message": "one too many"}]}"""
    async with peer(response("503 Unavailable", body, "Retry-After: 7")) as (url, _), Client(url) as client:
        with pytest.raises(ProblemError) as caught:
            await client.run("x")
    assert str(caught.value) == "the inbox is full; $.series[0]: one too many"
    assert (caught.value.problem.status, caught.value.retry_after_s) == (503, 7.0)


async def test_a_request_says_who_asks_and_keeps_awkward_names_and_filters_whole():
    async with peer(response("200 OK", b'{"items": []}')) as (url, heads), Client(url, user="ada") as client:
        page = await client.runs(status=["running", "failed"], tags=["a:b c", "d"], text="50%&x=1", limit=3)
    assert page.items == []
    head = heads[0].decode().splitlines()
    assert head[0] == ("GET /api/v1/runs?status=running%2Cfailed&tag=a%3Ab+c&tag=d&text=50%25%26x%3D1&limit=3 HTTP/1.1")
    assert "X-Mltui-User: ada" in head
    async with peer(response("204 No Content", b"")) as (url, heads), Client(url) as client:
        await client.delete_pipeline("a b%41?c")
    assert heads[0].startswith(b"DELETE /api/v1/pipelines/a%20b%2541%3Fc HTTP/1.1")


async def test_raw_bytes_come_through_as_they_are():
    body = bytes(range(256)) * 1000
    async with peer(response("200 OK", body)) as (url, _), Client(url) as client:
        assert b"".join([piece async for piece in client.raw_log("x")]) == body
