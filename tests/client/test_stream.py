"""Live against a real WebSocket server that goes away and comes back."""

import asyncio
import socket
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec
import pytest
from websockets.asyncio.server import serve

from mltui.stream import MAX_IDS, Live
from mltui.wire.live import Command, Notice, Topic

DEADLINE_S = 15.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Peer:
    """A server that keeps the commands it got, says hello, and says what the test tells it to."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.commands: asyncio.Queue[Command] = asyncio.Queue()
        self.users: list[str | None] = []
        self.connection = None

    @asynccontextmanager
    async def up(self):
        async def talk(connection):
            self.connection = connection
            self.users.append(connection.request.headers.get("X-Mltui-User"))
            assert connection.request.path == "/ws/test"
            await self.say(Notice(type="hello", detail="9.9"))
            async for message in connection:
                self.commands.put_nowait(msgspec.json.decode(message, type=Command))

        server = await serve(talk, "127.0.0.1", self.port)
        try:
            yield
        finally:
            server.close(close_connections=True)
            await server.wait_closed()

    async def say(self, notice: Notice) -> None:
        await self.connection.send(msgspec.json.encode(notice).decode())

    async def heard(self) -> Command:
        async with asyncio.timeout(DEADLINE_S):
            return await self.commands.get()

    async def subscribed(self, *topics: Topic) -> None:
        """Wait until exactly these were subscribed to, in however many commands."""
        wanted = {topic.name: topic.cursor for topic in topics}
        while wanted:
            for topic in (await self.heard()).subscribe:
                assert wanted.pop(topic.name) == topic.cursor


class States:
    """What `on_state` said, to be waited for."""

    def __init__(self) -> None:
        self.seen: asyncio.Queue[str] = asyncio.Queue()

    def __call__(self, live: Live) -> None:
        self.seen.put_nowait(live.state)

    async def next(self) -> str:
        async with asyncio.timeout(DEADLINE_S):
            return await self.seen.get()


async def first(live: Live) -> Notice:
    async def one() -> Notice:
        async for notice in live:
            return notice
        raise AssertionError("it ended")

    async with asyncio.timeout(DEADLINE_S):
        return await one()


async def test_it_resumes_from_the_last_cursor_when_the_server_comes_back():
    peer, states = Peer(), States()
    live = Live(peer.url, "test", user="李 zoë", on_state=states)
    async with AsyncExitStack() as stack:
        async with peer.up():
            await stack.enter_async_context(live)
            live.subscribe("runs")
            live.subscribe("events", "17")
            assert await states.next() == "live"
            await peer.subscribed(Topic("runs", None), Topic("events", "17"))
            await peer.say(Notice(topic="runs", cursor="42", ids=["a"]))
            assert await first(live) == Notice(topic="runs", cursor="42", ids=["a"])
            assert live.server_version == "9.9"
        assert await states.next() == "connecting"
        assert await states.next() == "away"
        assert live.why
        async with peer.up():
            assert await states.next() == "live"
            await peer.subscribed(Topic("events", "17"), Topic("runs", "42"))
    assert peer.users == ["李 zoë".encode().decode("latin-1")] * 2


async def test_what_was_subscribed_and_unsubscribed_while_away_is_not_lost():
    peer, states = Peer(), States()
    async with Live(peer.url, "test", on_state=states) as live:
        assert await states.next() == "away"
        live.subscribe("run:1", "5")
        live.subscribe("run:2")
        live.unsubscribe("run:2")
        async with peer.up():
            assert await peer.heard() == Command(subscribe=[Topic("run:1", "5")])
            live.unsubscribe("run:1")
            assert await peer.heard() == Command(unsubscribe=["run:1"])
            await peer.say(Notice(topic="run:1", cursor="6"))
            live.subscribe("runs")
            await peer.heard()
            await peer.say(Notice(topic="runs", cursor="1"))
            # The late notice of a topic nobody wants any more does not come through.
            assert (await first(live)).topic == "runs"


async def test_notices_nobody_has_read_yet_are_merged():
    peer = Peer()
    async with peer.up(), Live(peer.url, "test") as live:
        live.subscribe("runs")
        live.subscribe("events")
        await peer.subscribed(Topic("runs"), Topic("events"))
        for n in range(5):
            await peer.say(Notice(topic="runs", cursor=str(n), ids=[f"run-{n}", "again"]))
        await peer.say(Notice(topic="events", cursor="9"))
        reader = aiter(live)
        seen: list[Notice] = []
        while not seen or seen[-1].topic != "events":
            async with asyncio.timeout(DEADLINE_S):
                seen.append(await anext(reader))
        assert {i for notice in seen for i in notice.ids} == {f"run-{n}" for n in range(5)} | {"again"}
        assert [notice.cursor for notice in seen if notice.topic == "runs"][-1] == "4"


@pytest.mark.parametrize(
    ("older", "newer", "ids"),
    [
        (["a", "b"], ["b", "c"], ["a", "b", "c"]),
        ([], ["b"], []),
        (["a"], [], []),
        ([str(n) for n in range(MAX_IDS)], ["one more"], []),
    ],
)
def test_merging_never_narrows_what_is_to_be_fetched(older, newer, ids):
    from mltui.stream import _merged

    merged = _merged(Notice(topic="runs", cursor="1", ids=older), Notice(topic="runs", cursor="2", ids=newer))
    assert (merged.ids, merged.cursor) == (ids, "2")


async def test_problems_reach_the_reader_and_gibberish_does_not_end_it():
    peer = Peer()
    async with peer.up(), Live(peer.url, "test") as live:
        live.subscribe("runs")
        await peer.heard()
        await peer.connection.send("{not json")
        await peer.connection.send('{"type": "a word of tomorrow"}')
        await peer.say(Notice(type="problem", detail="no such topic"))
        assert await first(live) == Notice(type="problem", detail="no such topic")


async def test_a_fault_in_the_callback_is_told_to_the_reader():
    def broken(_: Live) -> None:
        raise RuntimeError("the callback broke")

    peer = Peer()
    async with peer.up(), Live(peer.url, "test", on_state=broken) as live:
        with pytest.raises(RuntimeError, match="the callback broke"):
            await first(live)
