"""Live: notices of what changed, over a WebSocket that reconnects for ever and resumes where it was."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from typing import Literal, Self

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from mltui.transport import is_loopback
from mltui.wire.live import Command, Notice, Topic
from mltui.wire.users import USER_HEADER, user_name

LinkState = Literal["connecting", "live", "away"]

FIRST_DELAY_S, LONGEST_DELAY_S = 0.1, 5.0
LASTED_S = 1.0
"""A connection shorter than this does not count as a success: the next attempts keep their growing distance."""
OPEN_S = 5.0
PING_EVERY_S = 5.0
"""A peer that vanished without a word is noticed within two of these."""
CLOSE_S = 1.0
MAX_IDS = 1_000
"""A notice that would name more says "fetch all you show" instead."""


class Live:
    """A subscription to the server at `url` (http or https). Use as `async with Live(url, id) as live`.

    `client_id` is this client's own word for itself, the same after a reconnect. Iterating yields notices of type
    `notice` and `problem`, for ever. Notices of one topic that are waiting to be read are merged, so a slow reader
    costs no memory.

    `state` is "connecting" until the first attempt ended and right after a connection was lost, then "live" or
    "away"; `since` is the time.monotonic() at which it became, or ceased to be, live; `why` says what went wrong
    last. `on_state` is called with this object after each change of state.
    """

    def __init__(
        self, url: str, client_id: str, *, user: str | None = None, on_state: Callable[["Live"], None] | None = None
    ) -> None:
        self.url = url.rstrip("/")
        self.state: LinkState = "connecting"
        self.since = time.monotonic()
        self.why = ""
        self.server_version = ""
        self._address = f"ws{self.url.removeprefix('http')}/ws/{client_id}"
        self._user = user or user_name()
        self.on_state = on_state
        self._cursors: dict[str, str | None] = {}
        self._unsent: dict[str, bool] = {}
        """Topics whose subscription (True) or its end (False) the server has not been told."""
        self._something_unsent = asyncio.Event()
        self._unread: dict[tuple[str, str], Notice] = {}
        self._something_unread = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._stay_connected(), name="live")
        # Only a fault in `on_state` ends it; the reader is who can be told.
        self._task.add_done_callback(lambda _: self._something_unread.set())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def subscribe(self, topic: str, cursor: str | None = None) -> None:
        """Hear of `topic` from `cursor` on; None: a notice comes at once. At any time, connected or not."""
        self._cursors[topic] = cursor
        self._tell(topic, True)

    def unsubscribe(self, topic: str) -> None:
        """Hear no more of `topic`; what was not read yet is dropped."""
        if topic in self._cursors:
            del self._cursors[topic]
            self._unread.pop(("notice", topic), None)
            self._tell(topic, False)

    async def __aiter__(self) -> AsyncIterator[Notice]:
        while True:
            while self._unread:
                yield self._unread.pop(next(iter(self._unread)))
            if self._task is not None and self._task.done():
                self._task.result()
            self._something_unread.clear()
            await self._something_unread.wait()

    def _tell(self, topic: str, wanted: bool) -> None:
        self._unsent[topic] = wanted
        self._something_unsent.set()

    async def _stay_connected(self) -> None:
        delay = FIRST_DELAY_S
        while True:
            try:
                await self._converse()
                self.why = "the server closed the connection"
            except (OSError, WebSocketException) as error:
                self.why = str(error) or type(error).__name__
            if self.state == "live":
                if time.monotonic() - self.since > LASTED_S:
                    delay = FIRST_DELAY_S
                self._become("connecting")
            else:
                self._become("away")
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))
            delay = min(delay * 2, LONGEST_DELAY_S)

    async def _converse(self) -> None:
        async with connect(
            self._address,
            additional_headers={USER_HEADER: self._user.encode().decode("latin-1")},  # which goes out as UTF-8
            proxy=None if is_loopback(self.url) else True,
            compression=None,
            open_timeout=OPEN_S,
            ping_interval=PING_EVERY_S,
            ping_timeout=PING_EVERY_S,
            close_timeout=CLOSE_S,
        ) as connection:
            self._unsent.clear()
            for topic in self._cursors:
                self._tell(topic, True)
            self._become("live")
            speaking = asyncio.create_task(self._speak(connection))
            try:
                async for message in connection:
                    self._hear(message)
            finally:
                speaking.cancel()
                await asyncio.wait([speaking])

    async def _speak(self, connection: ClientConnection) -> None:
        while True:
            await self._something_unsent.wait()
            self._something_unsent.clear()
            command = Command(
                subscribe=[Topic(t, self._cursors[t]) for t, wanted in self._unsent.items() if wanted],
                unsubscribe=[t for t, wanted in self._unsent.items() if not wanted],
            )
            self._unsent.clear()
            try:
                await connection.send(msgspec.json.encode(command).decode())
            except ConnectionClosed:
                return  # Every subscription is sent again on the next connection.

    def _hear(self, message: str | bytes) -> None:
        try:
            notice = msgspec.json.decode(message, type=Notice)
        except msgspec.DecodeError:
            return  # A newer server says things that this version cannot know.
        if notice.type == "hello":
            self.server_version = notice.detail
            return
        if notice.type == "notice":
            if notice.topic not in self._cursors:
                return
            self._cursors[notice.topic] = notice.cursor or self._cursors[notice.topic]
        key = (notice.type, notice.topic)
        waiting = self._unread.get(key)
        self._unread[key] = notice if waiting is None else _merged(waiting, notice)
        self._something_unread.set()

    def _become(self, state: LinkState) -> None:
        if state == self.state:
            return
        if "live" in (state, self.state):
            self.since = time.monotonic()
        self.state = state
        if self.on_state is not None:
            self.on_state(self)


def _merged(older: Notice, newer: Notice) -> Notice:
    """One notice that says what both say. No ids means "everything", so it stays that way."""
    ids = list(dict.fromkeys(older.ids + newer.ids)) if older.ids and newer.ids else []
    return Notice(
        type=newer.type,
        topic=newer.topic,
        cursor=newer.cursor or older.cursor,
        ids=ids if len(ids) <= MAX_IDS else [],
        detail=newer.detail or older.detail,
    )
