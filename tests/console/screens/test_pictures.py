"""What each screen looks like, small and large. After a change that is meant: pytest --snapshot-update, and look."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from artifact_files import add_artifacts
from conftest import WITHIN_S, make_app
from console_server import NOW, ConsoleServer, add_runs, add_stages, curves, run_id
from event_history import add_history
from failure import FAILED, add_failure
from job_history import add_jobs
from metric_points import add_metrics
from pictures import Steps, each_size, is_as_before, server_for_pictures

from mltui.console.state.memory import Memory
from mltui.console.state.session import Session
from mltui.wire.logs import STDERR, STDOUT, LogChunk, LogRecord


@dataclass(frozen=True)
class Scene:
    """Where it begins, and what is done there."""

    steps: Steps
    run: int | None = None
    tab: int = 1
    filter: str = ""
    metric: str = ""
    """That was looked at last."""
    gone: list[str] = field(default_factory=list)
    """What must no longer be on the screen."""


EVENTS_THEN = ["colon", *"events", "space", *"until", "colon", *"0s"]
"""Up to NOW: what is registered for other pictures is recorded when the test runs."""
SCENES = {
    "runs": Scene([("digits-40", [])]),
    "runs marked": Scene([("digits-40", ["space", "j", "space"]), ("2 marked", [])]),
    "runs filtered": Scene([("8 runs", [])], filter="status:failed"),
    "no match": Scene([("No run matches", [])], filter="nothing-has-this-name"),
    "filter prompt": Scene([("digits-40", ["slash", "s", "t"]), ("status:", [])]),
    "command prompt": Scene([("digits-40", ["colon", "p"]), ("pipelines  pipeline", [])]),
    "delete": Scene([("digits-40", ["D"]), ("Delete digits-40?", [])]),
    "help": Scene([("digits-40", ["question_mark"]), ("MOVING", [])]),
    "overview": Scene([("linear/loss", [])], run=0),
    "overview of a failed run": Scene([("WHAT WENT WRONG", [])], run=2),
    "log": Scene([("ada-laptop", []), ("epoch 39", [])], run=0, tab=2),
    "charts": Scene([("loss", []), ("6 series", [])], run=0, tab=3, gone=["Nothing logged"]),
    "resources": Scene([("since the start", []), ("train-linear", [])], run=0, tab=4, gone=["Nothing"]),
    "config": Scene([("DEFINITION", [])], run=0, tab=5),
    "retry": Scene([("WHAT WENT WRONG", ["R"]), ("what did not complete", [])], run=2),
    "pipelines": Scene([("digits-40", ["p"]), ("Looks at", [])]),
    "pipeline": Scene([("digits-40", ["p"]), ("Looks at", ["j", "enter"]), ("train-network", []), ("digits-40", [])]),
    "start": Scene([("digits-40", ["s"]), ("Start digits", [])]),
    "events": Scene([("digits-40", [*EVENTS_THEN, "enter"]), ("digits-0", ["j"])]),
    "event": Scene([("digits-40", [*EVENTS_THEN, "enter"]), ("digits-0", ["j", "j", "enter"]), ("req-6", [])]),
    "events export": Scene([("digits-40", [*EVENTS_THEN, "enter"]), ("digits-0", ["e"]), ("oldest first", [])]),
    "why": Scene([("WHAT WENT WRONG", ["W"]), ("the last good run", [])], run=FAILED),
    "why log": Scene([("WHAT WENT WRONG", ["W"]), ("FIRST ERROR", ["enter"]), ("36 lines", [])], run=FAILED),
    "code": Scene([("WHAT WENT WRONG", ["v"]), ("RUN BY", [])], run=FAILED),
    "code changes": Scene([("WHAT WENT WRONG", ["v"]), ("RUN BY", ["G"]), ("CHANGES SINCE", [])], run=FAILED),
    "artifacts": Scene([("train.py", ["end"]), ("SGDClassifier", [])], run=6, tab=6),
    "artifacts table": Scene([("train.py", ["down", "enter"]), ("people.csv", ["down"]), ("int64", [])], run=6, tab=6),
    "artifacts json": Scene(
        [("train.py", ["end", "up", "enter"]), ("loss: NaN", ["down", "enter"]), ("0.93", [])], run=6, tab=6
    ),
    "artifacts matrix": Scene(
        [("train.py", ["down", "down", "enter"]), ("confusion", ["down"]), ("recall", [])], run=6, tab=6
    ),
    "artifacts bars": Scene(
        [("train.py", ["down", "down", "enter"]), ("confusion", ["down", "down"]), ("importance", [])], run=6, tab=6
    ),
    "artifacts plot": Scene(
        [("train.py", ["down", "down", "enter"]), ("confusion", ["down", "down", "down", "down"]), ("● sgd", [])],
        run=6,
        tab=6,
    ),
    "artifacts image": Scene(
        [("train.py", ["down", "down", "enter"]), ("confusion", ["down", "down", "down"]), ("▀", [])], run=6, tab=6
    ),
    "delete a folder": Scene([("train.py", ["d"]), ("Delete checkpoints?", [])], run=6, tab=6),
    "jobs": Scene([("digits-40", ["J"]), ("warehouse", ["j", "space"]), ("1 marked", [])]),
    "job": Scene([("digits-40", ["J"]), ("warehouse", ["j", "enter"]), ("3,000,000 rows", [])]),
    "data of a job": Scene(
        [("digits-40", ["J"]), ("warehouse", ["j", "enter"]), ("3,000,000 rows", ["2"]), ("FIRST ROWS", [])]
    ),
    "adding a job": Scene([("digits-40", ["J"]), ("warehouse", ["a"]), ("HOW TO READ", [])]),
    "adding a job wrong": Scene(
        [("digits-40", ["J"]), ("warehouse", ["a"]), ("HOW TO READ", ["tab"] * 8 + ["x"]), ("as in zip=VARCHAR", [])]
    ),
    "retrying jobs": Scene([("digits-40", ["J"]), ("warehouse", [*["space"] * 5, "R"]), ("Left out", [])]),
    "gauge": Scene(
        [("digits-40", ["m"]), ("3 label sets", ["tab", "end", "left"]), ("2026-03-14 1", [])], metric="gpu_temperature"
    ),
    "enum": Scene([("digits-40", ["m"]), ("degraded", [])], metric="service_state"),
    "enum as a pie": Scene(
        [("digits-40", ["m"]), ("degraded", ["c", "c"]), ("all 3 label", [])], metric="service_state"
    ),
    "histogram": Scene([("digits-40", ["m"]), ("observations in", [])], metric="api_latency_ms"),
    "metric table": Scene(
        [("digits-40", ["m"]), ("3 label sets", ["2", "tab", "up", "up"]), ("2026-03-14 1", [])],
        metric="gpu_temperature",
    ),
    "delete a metric": Scene(
        [("digits-40", ["m"]), ("3 label sets", ["D"]), ("Delete gpu_temperature?", [])], metric="gpu_temperature"
    ),
    "label filter": Scene(
        [("digits-40", ["m"]), ("3 label sets", ["f"]), ("960", ["space"]), ("host ada", [])], metric="gpu_temperature"
    ),
}


@pytest.fixture(scope="module")
def seeded(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleServer]:
    """One server for all pictures, with runs whose times never change."""
    with server_for_pictures(postgres, tmp_path_factory.mktemp("pictures")) as server:
        dsn = server.dsn
        add_runs(dsn)
        add_stages(dsn)
        add_stages(dsn, 2, "failed")
        add_stages(dsn, 3)
        add_history(dsn)
        add_jobs(dsn)
        add_artifacts(dsn, server.folder / "data", 6)
        server.start()
        server.post(f"/runs/{run_id(0)}/samples", curves())
        send_log(server)
        add_failure(server)
        add_metrics(server)
        wait_for_samples(server, 0, "linear/loss")
        wait_for_samples(server, FAILED, "grad_norm")
        yield server


def send_log(server: ConsoleServer) -> None:
    import httpx
    import msgspec

    begun = int(NOW.timestamp()) * 10**9
    records = [
        LogRecord(
            begun + i * 10**8, STDERR if i % 13 == 5 else STDOUT, f"epoch {i:>2}  loss {2 / (i + 1):.4f}\n".encode()
        )
        for i in range(40)
    ]
    body = msgspec.msgpack.encode(LogChunk(1, records))
    for stage in range(6):
        url = f"{server.url}/api/v1/executions/{run_id(2000 + stage)}/log"
        httpx.post(url, content=body, headers={"Content-Type": "application/msgpack"}).raise_for_status()


def wait_for_samples(server: ConsoleServer, number: int, key: str) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not server.get(f"/runs/{run_id(number)}/series", keys=key, buckets=10)["series"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@each_size
@pytest.mark.parametrize("name", SCENES)
def test_pictures(
    seeded: ConsoleServer,
    snap_compare: Callable[..., bool],
    in_utc: None,
    name: str,
    size: tuple[int, int],
) -> None:
    scene = SCENES[name]
    memory = Memory()
    memory.choose(range="24h")
    memory.look_at(scene.metric)
    session = Session(now=lambda: NOW, run_tab=scene.tab, filter=scene.filter, memory=memory)
    app = make_app(seeded, session=session, run_id=None if scene.run is None else run_id(scene.run))
    assert is_as_before(snap_compare, app, size, scene.steps, scene.gone)
