"""A whole server on a socket of its own, and clients that talk to its WebSocket."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import msgspec
import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect

from mltui.wire.live import Command, Notice, Topic
from mltui_server.app import create_app

WAIT_S = 15.0


def bound(port: int = 0) -> socket.socket:
    """A socket that listens on a loopback port; 0: any that is free."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


class Server:
    def __init__(self, app, listener: socket.socket) -> None:
        self.app = app
        self.port: int = listener.getsockname()[1]
        self._server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on", timeout_graceful_shutdown=3))
        # Its own signal handlers are for a process of its own.
        self._task = asyncio.create_task(self._server._serve([listener]))

    async def started(self) -> None:
        async with asyncio.timeout(WAIT_S):
            while not self._server.started:
                assert not self._task.done()
                await asyncio.sleep(0.01)

    async def stop(self) -> None:
        self._server.should_exit = True
        await self._task

    @asynccontextmanager
    async def client(self, name: str = "test") -> AsyncIterator["Listener"]:
        async with connect(f"ws://127.0.0.1:{self.port}/ws/{name}", proxy=None) as connection:
            listener = Listener(connection)
            assert (await listener.hear()).type == "hello"
            yield listener


class Listener:
    """A client of the WebSocket, as plain as possible."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.cursors: dict[str, str] = {}

    async def subscribe(self, *topics: str | Topic) -> None:
        wanted = [topic if isinstance(topic, Topic) else Topic(topic) for topic in topics]
        await self.say(msgspec.json.encode(Command(subscribe=wanted)).decode())

    async def unsubscribe(self, *topics: str) -> None:
        await self.say(msgspec.json.encode(Command(unsubscribe=list(topics))).decode())

    async def say(self, text: str | bytes) -> None:
        await self.connection.send(text)

    async def hear(self) -> Notice:
        async with asyncio.timeout(WAIT_S):
            text = await self.connection.recv()
        assert isinstance(text, str)
        notice = msgspec.json.decode(text, type=Notice, strict=True)
        if notice.cursor:
            self.cursors[notice.topic] = notice.cursor
        return notice

    async def hear_of(self, topic: str, *ids: str) -> Notice:
        """Read until a notice of the topic names all of these ids, in one or several; the last one."""
        missing = set(ids)
        while True:
            notice = await self.hear()
            if notice.topic == topic:
                missing -= set(notice.ids)
                if not missing or (ids and not notice.ids):
                    return notice

    async def nothing_but(self, *topics: str) -> None:
        """Everything said so far was about these topics: a problem of our own making is heard after it."""
        await self.say("?")
        while (notice := await self.hear()).type != "problem":
            assert notice.topic in topics, notice


@pytest.fixture
async def server(settings) -> AsyncIterator[Server]:
    server = Server(create_app(settings, settings.database_url), bound())
    await server.started()
    yield server
    await server.stop()


@pytest.fixture
async def http(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """A client of that very server: a database has one."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", headers={"X-Mltui-User": "ada"}) as client:
        yield client
