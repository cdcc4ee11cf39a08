"""What the screens of models and lineage look like, small and large, on one server with models that never change."""

import time
from collections.abc import Callable, Iterator
from uuid import uuid4

import psycopg
import pytest
from conftest import WITHIN_S, make_app, screen_text
from console_server import NOW, ConsoleServer, add_runs
from model_rows import add_models
from textual.pilot import Pilot

from mltui.console.state.session import Session

SIZES = [(80, 24), (160, 45)]
TO_MODEL = [("fraud", ["enter"]), ("VERSIONS", []), ("ready", [])]
SCENES = {
    "models": [("fraud", [])],
    "model": TO_MODEL,
    "version": [*TO_MODEL, ("ready", ["enter"]), ("Trained on", [])],
    "alias": [*TO_MODEL, ("ready", ["a"]), ("as in champion", ["w", "enter"]), ("@w from none", ["enter"])],
    "stage": [*TO_MODEL, ("ready", ["s"]), ("It is in None", [])],
    "waiting": [*TO_MODEL, ("ready", ["w"]), ("Nobody approves", [])],
    "comparison": [*TO_MODEL, ("ready", ["space", "c"]), ("digits/2", [])],
    "lineage": [*TO_MODEL, ("ready", ["L"]), ("CAME FROM", [])],
    "lineage of a source": [
        ("fraud", ["j", "enter"]),
        ("ready", ["L"]),
        ("CAME FROM", ["G", "k", "k", "L"]),
        ("LED TO", []),
    ],
    "code compared": [*TO_MODEL, ("ready", ["space", "c"]), ("digits/2", ["c", "G"]), ("torch", [])],
    "tags of a version": [*TO_MODEL, ("ready", ["t"]), ("key=value", [])],
}
"""Keys, each list of them pressed when the words before it are on the screen."""


@pytest.fixture(scope="module")
def seeded(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleServer]:
    name = f"models_{uuid4().hex}"
    dsn = postgres.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE mltui_template")
    add_runs(dsn)
    add_models(dsn)
    server = ConsoleServer(tmp_path_factory.mktemp("models"), dsn)
    server.start()
    yield server
    server.stop()
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SCENES)
def test_model_pictures(
    seeded: ConsoleServer,
    snap_compare: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    size: tuple[int, int],
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    app = make_app(seeded, session=Session(now=lambda: NOW))

    async def before(pilot: Pilot[object]) -> None:
        for words, keys in [("digits-40", ["v"]), *SCENES[name]]:
            await shown(pilot, words)
            for key in keys:
                await pilot.press(key)
        await shown(pilot, "● live")
        last = ""
        while last != (last := screen_text(app)):
            await pilot.pause(0.5)

    async def shown(pilot: Pilot[object], words: str) -> None:
        deadline = time.monotonic() + WITHIN_S
        while words not in (text := screen_text(app)):
            assert time.monotonic() < deadline, text
            await pilot.pause(0.02)

    assert snap_compare(app, terminal_size=size, run_before=before)
