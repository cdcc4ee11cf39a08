"""Pictures of screens, small and large: a server whose data never changes, and somebody who waits before each key."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from conftest import WITHIN_S, screen_text
from console_server import ConsoleServer
from textual.pilot import Pilot

from mltui.console.app import MltuiApp

SIZES = [(80, 24), (160, 45)]
LOADING = ["Loading", "·····", "connecting"]
Steps = Sequence[tuple[str, list[str]]]
"""Keys, each pressed when the words before it are on the screen; the picture is taken at the last words."""

each_size = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@contextmanager
def server_for_pictures(postgres: str, folder: Path) -> Iterator[ConsoleServer]:
    """One that is not started yet, on a database with nothing in it."""
    name = f"pictures_{uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE mltui_template")
    server = ConsoleServer(folder, postgres.replace("/postgres?", f"/{name}?"))
    yield server
    server.stop()
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def is_as_before(
    snap_compare: Callable[..., bool], app: MltuiApp, size: tuple[int, int], steps: Steps, gone: Sequence[str] = ()
) -> bool:
    """Whether the picture after the last step is that of the last time; `gone` must not be on it any more."""

    async def before(pilot: Pilot[object]) -> None:
        for words, keys in steps:
            await shown(pilot, lambda text, words=words: words in text)
            for key in keys:
                await pilot.press(key)
        await shown(pilot, lambda text: "● live" in text and not any(w in text for w in [*LOADING, *gone]))
        # Metrics get their columns last.
        await shown(pilot, lambda _: all(worker.is_finished for worker in app.workers if worker.group == "metrics"))
        last = ""
        while last != (last := screen_text(app)):
            await pilot.pause(0.5)

    async def shown(pilot: Pilot[object], holds: Callable[[str], bool]) -> None:
        deadline = time.monotonic() + WITHIN_S
        while not holds(text := screen_text(app)):
            assert time.monotonic() < deadline, text
            await pilot.pause(0.02)

    return snap_compare(app, terminal_size=size, run_before=before)
