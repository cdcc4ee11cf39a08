"""What lineage with long names looks like, small and large, on a server whose data never changes."""

from collections.abc import Callable, Iterator

import pytest
from conftest import make_app
from console_server import NOW, ConsoleServer, add_runs, run_id
from lineage_rows import add_long_lineage
from pictures import each_size, is_as_before, server_for_pictures

from mltui.console.state.session import Session


@pytest.fixture(scope="module")
def seeded(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleServer]:
    with server_for_pictures(postgres, tmp_path_factory.mktemp("lineage")) as server:
        add_runs(server.dsn, 3)
        add_long_lineage(server.dsn)
        server.start()
        yield server


@each_size
def test_long_names(
    seeded: ConsoleServer, snap_compare: Callable[..., bool], in_utc: None, size: tuple[int, int]
) -> None:
    app = make_app(seeded, session=Session(now=lambda: NOW))
    ask = ["colon", *f"lineage {run_id(0)}", "enter"]
    keys = [{" ": "space", "-": "minus"}.get(key, key) for key in ask]
    steps = [("2 runs", keys), ("LED TO", ["G", "k", "k"]), ("epoch-0002", [])]
    assert is_as_before(snap_compare, app, size, steps)
