"""Consoles on a real server: keys go in, what the screen says comes out."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from console_server import ConsoleServer
from textual._context import visible_screen_stack
from textual.events import Key, Paste
from textual.pilot import Pilot

from mltui.client import Client
from mltui.console.app import MltuiApp
from mltui.console.state.session import Session
from mltui.stream import Live

WITHIN_S = 30.0


@pytest.fixture
def server(tmp_path: Path, dsn: str) -> Iterator[ConsoleServer]:
    server = ConsoleServer(tmp_path, dsn)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


class CountingClient(Client):
    """Counts its requests."""

    def __init__(self, url: str) -> None:
        super().__init__(url, user="ada")
        self.requests: list[str] = []

    async def _send(self, method: str, path: str, *rest: Any, **more: Any) -> Any:
        self.requests.append(f"{method} {path}")
        return await super()._send(method, path, *rest, **more)


class Console:
    """A console that is open, and a person at it."""

    def __init__(self, app: MltuiApp, pilot: Pilot[object]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def client(self) -> CountingClient:
        assert isinstance(self.app.client, CountingClient)
        return self.app.client

    @property
    def text(self) -> str:
        """What the screen shows, as plain text."""
        return screen_text(self.app)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        names = {" ": "space", ":": "colon", "-": "minus", "=": "equals_sign", ".": "full_stop", "/": "slash"}
        await self.press(*(names.get(character, character) for character in text))

    def type_ahead(self, *keys: str) -> None:
        """All at once: none waits for what the one before does."""
        for key in keys:
            self.app.post_message(Key(key, key if len(key) == 1 else None))

    def paste(self, text: str) -> None:
        self.app.post_message(Paste(text))

    async def until(self, holds: Callable[[], object], what: str = "") -> None:
        deadline = time.monotonic() + WITHIN_S
        while not holds():
            assert time.monotonic() < deadline, f"waited for {what}; the screen was:\n{self.text}"
            await asyncio.sleep(0.02)

    async def until_shown(self, *words: str) -> None:
        await self.until(lambda: all(word in self.text for word in words), " and ".join(words))


def screen_text(app: MltuiApp) -> str:
    # Or a dialog whose first picture is taken here remembers that there is nothing behind it.
    visible_screen_stack.set(app._background_screens)
    return "\n".join("".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips())


@asynccontextmanager
async def console(
    server: ConsoleServer,
    *,
    size: tuple[int, int] = (120, 32),
    session: Session | None = None,
    run_id: str | None = None,
) -> AsyncIterator[Console]:
    app = make_app(server, session=session, run_id=run_id)
    async with app.run_test(size=size, notifications=True) as pilot:
        yield Console(app, pilot)


def make_app(server: ConsoleServer, *, session: Session | None = None, run_id: str | None = None) -> MltuiApp:
    return MltuiApp(
        lambda: CountingClient(server.url),
        lambda: Live(server.url, f"test-{uuid4()}", user="ada"),
        url="http://mltui.example:8642",
        session=session,
        run_id=run_id,
    )


@pytest.fixture
def open_console(server: ConsoleServer) -> Callable[..., Any]:
    """`async with open_console() as console`"""

    def open_it(**how: Any) -> Any:
        return console(server, **how)

    return open_it
