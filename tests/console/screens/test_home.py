"""Home: what needs attention, a jump away, how things go, and what each costs."""

import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from bench_terminal.pty import Pty
from conftest import WITHIN_S, CountingClient, screen_text
from console_server import NOW, ConsoleServer, add_runs, run_id
from rich.text import Text
from test_cost import wait_for
from textual.pilot import Pilot

from mltui.console.app import MltuiApp
from mltui.console.screens.home import HomeScreen
from mltui.console.screens.home_figures import figures, side_by_side
from mltui.console.state.session import Session
from mltui.stream import Live
from mltui.wire.dashboard import Attention, Day, Overview, SlowStage, Stats, Storage, TableSize, Trends
from mltui.wire.models import VersionStatus
from mltui.wire.states import Status

GIB = 2**30
OTHER: dict[str, Any] = {"component": "component", "inbox": "component", "approval": "approval"}
"""What is no run, by kind."""
STAGES = [
    ("nightly-ranking-of-everything", "train-gradient-boosting", 8123.0),
    ("digits", "train-network", 110.0),
    ("churn", "train", 95.5),
    ("digits", "train-linear", 65.0),
    ("digits", "ingest", 21.0),
    ("churn", "ingest", 4.2),
]


def went_wrong(server: ConsoleServer, name: str, *, finish: bool = True, error: str = "it broke") -> str:
    """A run from outside that failed just now, or goes on."""
    run = server.post("/runs", {"name": name})["id"]
    if finish:
        server.post(f"/runs/{run}/finish", {"status": "failed", "error_message": error})
    return str(run)


async def test_a_new_server_says_how_to_start(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    async with open_console() as console:
        await console.until_shown("No runs yet.")
        await console.press("H")
        await console.until_shown("Home", "0 need attention", "exec --run-name first", "7 DAYS", "Disk free")
        await console.press("p")
        await console.until_shown("No pipelines yet.")


async def test_what_failed_is_a_jump_away_and_appears_by_itself(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    add_runs(server.dsn)
    async with open_console() as console:
        await console.until_shown("40 runs", "● live")
        await console.press("colon")
        await console.type("home")
        await console.press("enter")
        await console.until_shown("Nothing needs attention.", "SLOWEST STAGES")
        went_wrong(server, "first")
        await console.until_shown("1 needs attention", "✗ failed", "it broke")
        went_wrong(server, "second")
        await console.until_shown("2 need attention", "second")
        table = console.app.screen.table
        assert table.window.row(table.cursor).name == "first", "the cursor stays with its run"
        await console.press("enter")
        await console.until_shown("› first", "WHAT WENT WRONG")
        await console.press("q", "f")
        await console.until_shown("/status:failed since:24h", "2 runs")


async def test_a_move_that_waits_is_a_jump_away(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    server.post("/models", {"name": "fraud", "approval": True})
    server.post("/models/fraud/versions", {"uri": "s3://models/fraud.joblib"})
    async with open_console() as console:
        await console.press("H")
        await console.until_shown("0 need attention", "versions   1 ready")
        server.post("/models/fraud/versions/1/stage", {"stage": "Production", "reason": "it passed"})
        await console.until_shown("1 needs attention", "◇ approval", "version 1 from None to Production")
        await console.press("enter")
        await console.until_shown("Models › fraud", "Waits", "it passed")
        await console.press("q")
        await console.until_shown("1 needs attention")


async def test_what_has_no_screen_says_all_of_it(server: ConsoleServer, open_console: Callable[..., Any]) -> None:
    run = went_wrong(server, "sender", finish=False)
    with psycopg.connect(server.dsn) as connection:
        connection.execute(
            "INSERT INTO sample_refused (id, run_id, body, reason) VALUES (1, %s, '', 'the disk said no')", [run]
        )
    async with open_console() as console:
        await console.press("H")
        await console.until_shown("⊘ refused", "the last: the disk")
        await console.press("enter")
        await console.until(lambda: "mltui samples ls" in console.text.replace("\n", " "), "what to do")


async def test_home_is_asked_for_rarely_and_drawn_when_it_changes(
    server: ConsoleServer, open_console: Callable[..., Any]
) -> None:
    went_wrong(server, "bad")
    async with open_console(session=Session(now=lambda: NOW)) as console:
        await console.until_shown("● live")
        await console.press("H")
        await console.until_shown("1 needs attention")
        home = console.app.screen
        assert isinstance(home, HomeScreen)

        def asked() -> int:
            return console.client.requests.count("GET /dashboard/overview")

        await console.until(lambda: asked() >= 2, "a second look")
        await home.window.settled()
        await console.pilot.pause()
        painted = home.table.painted_lines
        await console.until(lambda: asked() >= 3, "a third look")
        await home.window.settled()
        assert home.table.painted_lines == painted, "what says the same is not drawn again"
        await console.press("r")
        await console.until_shown("1 run")
        covered = asked()
        await console.until(lambda: time.monotonic() - home._looked > 6, "the time of another look")
        assert asked() == covered, "nobody sees it"


def test_home_writes_nothing_while_nothing_changes(server: ConsoleServer, tmp_path: Path) -> None:
    add_runs(server.dsn)
    with psycopg.connect(server.dsn) as connection:
        # Hours ago: its age stands still for as long as this takes.
        connection.execute(
            "UPDATE run SET completed_at = now() - interval '90 minutes' WHERE id = %s", [went_wrong(server, "bad")]
        )
    argv = [sys.executable, "-m", "mltui", "--url", server.url]
    with Pty(argv, 100, 30, env={"XDG_STATE_HOME": str(tmp_path)}) as pty:
        wait_for(pty, "digits-40")
        pty.press("H")
        wait_for(pty, "it broke")
        pty.read_for(2.0)
        written = len(pty.chunks)
        pty.read_for(7.0)
        assert len(pty.chunks) == written


def test_blocks_are_cut_to_their_width() -> None:
    lines = side_by_side([[Text("abcdef"), Text("x")], [Text("123456789")]], 4)
    assert [line.plain for line in lines] == ["abc…   123…", "x      "]


@pytest.mark.parametrize("width", [40, 77, 118, 157])
def test_figures_fit(width: int) -> None:
    assert max(line.cell_len for line in figures(made_up(), days(), width)[3:]) <= width


def made_up(count: int = 7) -> Overview:
    """A busy server; its first `count` items."""
    items: list[tuple[Any, str, str, int]] = [
        ("component", "samples", "http://influx:8086 does not answer; samples wait in the inbox", 0),
        ("inbox", "inbox", "1200000 samples wait, the oldest for 94 s", 94),
        ("stalled", "churn-212", "no log line and no metric for over 10 minutes", 1500),
        ("nonfinite", "digits-40", "NaN or infinite: network/loss, network/val/accuracy", 420),
        ("approval", "digits", "@champion from 2 to 3, asked for by grace: better on fresh data", 5400),
        ("failed", "digits-38", "stage 'train-network' failed: exit code 1", 3600),
        ("failed", "ranking-nightly-2026-03-14", "agent lost (not heard for 20 s)", 9 * 3600),
    ]
    return Overview(
        stats=Stats(
            counts={
                "pipelines": {Status.COMPLETED: 9, Status.FAILED: 2, Status.RUNNING: 1},
                "runs": {Status.QUEUED: 3, Status.RUNNING: 4, Status.COMPLETED: 81204, Status.FAILED: 977,
                         Status.CANCELLED: 12},
                "executions": {Status.RUNNING: 5},
            },
            models=3, model_versions={VersionStatus.READY: 14, VersionStatus.ARCHIVED: 2},
            running=4, queued=3, success_rate=0.9234, median_duration=161.0,
        ),
        slowest=[
            SlowStage(pipeline_id=str(i), pipeline=name, stage=stage, median_duration=took, count=20)
            for i, (name, stage, took) in enumerate(STAGES)
        ],
        storage=Storage(
            measured_at=NOW, disk_total=512 * GIB, disk_free=130 * GIB, database=3 * GIB, samples=int(7.4 * GIB),
            tables=[TableSize(name="stage_run", size=GIB), TableSize(name="run_series", size=GIB // 2)],
            logs=420 * 2**20, artifacts=44 * GIB,
        ),
        attention=[
            Attention(kind=kind, name=name, what=what, since=NOW - timedelta(seconds=age) if age else None,
                      object_type=OTHER.get(kind, "run"), object_id=f"{i}", run_id=None if kind in OTHER else run_id(i))
            for i, (kind, name, what, age) in enumerate(items[:count])
        ],
        attention_counts=dict(Counter(kind for kind, *_ in items[:count])),
    )  # fmt: skip


def days() -> Trends:
    numbers = [(120, 9, 1), (141, 12, 0), (98, 0, 2), (0, 0, 0), (133, 31, 4), (150, 8, 1), (61, 2, 0)]
    return Trends(
        tz="+00:00",
        days=[
            Day(date=date(2026, 3, 8 + i), completed=c, failed=f, cancelled=x, median_duration=150.0 + i if c else None)
            for i, (c, f, x) in enumerate(numbers)
        ],
    )


class FixedClient(CountingClient):
    """Answers with a dashboard whose numbers never change: a real one has today's dates and this machine's disk."""

    def __init__(self, url: str, overview: Overview) -> None:
        super().__init__(url)
        self._overview = overview

    async def dashboard_overview(self) -> Overview:
        return self._overview

    async def dashboard_trends(self, *, days: int | None = None, tz: str | None = None) -> Trends:
        return globals()["days"]()


@pytest.mark.parametrize("size", [(80, 24), (160, 45)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("count", [7, 0], ids=["busy", "well"])
def test_pictures_of_home(
    server: ConsoleServer, snap_compare: Callable[..., bool], size: tuple[int, int], count: int
) -> None:
    app = MltuiApp(
        lambda: FixedClient(server.url, made_up(count)),
        lambda: Live(server.url, f"test-{uuid4()}", user="ada"),
        url="http://mltui.example:8642",
        session=Session(now=lambda: NOW),
    )

    async def before(pilot: Pilot[object]) -> None:
        await shown(pilot, "● live", "No runs yet")
        await pilot.press("H")
        await shown(pilot, "7 DAYS", "● live", "0 failed")
        before = ""
        while before != (before := screen_text(app)):
            await pilot.pause(0.5)

    async def shown(pilot: Pilot[object], *words: str) -> None:
        deadline = time.monotonic() + WITHIN_S
        while not all(word in screen_text(app) for word in words):
            assert time.monotonic() < deadline, screen_text(app)
            await pilot.pause(0.02)

    assert snap_compare(app, terminal_size=size, run_before=before)
