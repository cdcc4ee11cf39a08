"""Whether InfluxDB is there: it is greeted before it is used, and while it is known to hang, nobody waits for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mltui_server.lib.tasks import stop
from mltui_server.samples.influx.access import Retention
from mltui_server.samples.influx.client import InfluxClient, NoAnswer
from mltui_server.samples.influx.control import Control, control_for
from mltui_server.samples.store import StoreError

AT_ONCE_S = 2.0
"""In which a server that works answers a ping; one that hung may be back a moment later."""
AGAIN_S = 0.5
"""Between two greetings of a server that hangs."""


class Presence:
    """One server. Asks nothing of it until it is used."""

    def __init__(self, client: InfluxClient, retention: Retention) -> None:
        self._client, self._retention = client, retention
        self._known: Control | None = None
        self._greeting = asyncio.Lock()
        self._silence: NoAnswer | None = None
        """What everybody is told, until the server answers."""
        self._listening: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def control(self) -> AsyncIterator[Control]:
        """The server has all that we need. Raises StoreError; at once where it is known to hang.

        After any failure the next use greets the server again: it may be another one, or have lost its database.
        """
        try:
            yield await self._greeted()
        except NoAnswer:
            self._known = None
            # It may be the question that takes long.
            await self.look()
            raise
        except StoreError:
            self._known = None
            raise

    async def look(self) -> None:
        """Raises StoreError unless the server answers at once."""
        self._refuse_to_wait()
        try:
            await self._client.ping(AT_ONCE_S)
        except NoAnswer as error:
            self._fall_silent(error)
            raise

    async def close(self) -> None:
        if self._listening is not None:
            await stop([self._listening])

    async def _greeted(self) -> Control:
        self._refuse_to_wait()
        async with self._greeting:
            self._refuse_to_wait()
            if self._known is None:
                try:
                    self._known = await self._greet()
                except NoAnswer as error:
                    self._fall_silent(error)
                    raise
            return self._known

    async def _greet(self) -> Control:
        await self._client.ping()
        control = control_for(self._client)
        await control.prepare(self._retention)
        return control

    def _refuse_to_wait(self) -> None:
        if self._silence is not None:
            raise NoAnswer(*self._silence.args)

    def _fall_silent(self, error: NoAnswer) -> None:
        self._known = None
        if self._silence is None:
            self._silence = error
            self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        try:
            while self._known is None:
                try:
                    self._known = await self._greet()
                except NoAnswer:
                    await asyncio.sleep(AGAIN_S)
        except StoreError:
            pass  # an answer: the next use hears it too
        finally:
            self._silence = None
