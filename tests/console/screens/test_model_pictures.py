"""What the screens of models and lineage look like, small and large, on one server with models that never change."""

from collections.abc import Callable, Iterator

import pytest
from conftest import make_app
from console_server import NOW, ConsoleServer, add_runs
from model_rows import add_models
from pictures import Steps, each_size, is_as_before, server_for_pictures

from mltui.console.state.session import Session

TO_MODEL = [("fraud", ["enter"]), ("VERSIONS", []), ("ready", [])]
SCENES: dict[str, Steps] = {
    "models": [("fraud", [])],
    "model": TO_MODEL,
    "version": [*TO_MODEL, ("ready", ["enter"]), ("Trained on", [])],
    "alias": [*TO_MODEL, ("ready", ["a"]), ("as in champion", ["w", "enter"]), ("@w from none", ["enter"])],
    "stage": [*TO_MODEL, ("ready", ["s"]), ("It is in None", [])],
    "waiting": [*TO_MODEL, ("ready", ["w"]), ("Whoever asked", [])],
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


@pytest.fixture(scope="module")
def seeded(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleServer]:
    with server_for_pictures(postgres, tmp_path_factory.mktemp("models")) as server:
        add_runs(server.dsn)
        add_models(server.dsn)
        server.start()
        yield server


@each_size
@pytest.mark.parametrize("name", SCENES)
def test_model_pictures(
    seeded: ConsoleServer,
    snap_compare: Callable[..., bool],
    in_utc: None,
    name: str,
    size: tuple[int, int],
) -> None:
    app = make_app(seeded, session=Session(now=lambda: NOW))
    assert is_as_before(snap_compare, app, size, [("digits-40", ["v"]), *SCENES[name]])
