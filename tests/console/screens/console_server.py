"""A real server process for the console to look at, and made-up runs in it whose times never change."""

import contextlib
import json
import math
import os
import socket
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psutil
import psycopg

from tests.nursery import nursery

START_WITHIN_S = 60.0
HTTP = httpx.Client(
    headers={"X-Mltui-User": "ada"}, timeout=20, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
)
"""One for all: to make one reads the machine's certificates, which takes longer than an answer."""
NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
"""The console's clock in pictures."""
STAGES = (
    ("ingest", (), 0, 21),
    ("validate", ("ingest",), 21, 24),
    ("split", ("validate",), 24, 30),
    ("train-linear", ("split",), 30, 95),
    ("train-network", ("split",), 30, 140),
    ("evaluate", ("train-linear", "train-network"), 140, 152),
)
PARAMETERS = {"steps": 600, "learning_rate": 0.05, "optimizer": "adam", "augment": True}


class ConsoleServer:
    """`python -m mltui_server` on a database of its own. It can be killed and started again on the same port."""

    def __init__(self, folder: Path, dsn: str) -> None:
        self.folder, self.dsn = folder, dsn
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        keep = {key: value for key, value in os.environ.items() if not key.startswith(("MLTUI_", "DATABASE_"))}
        self.environment = keep | {
            "DATABASE_URL": dsn,
            "MLTUI_PORT": self.url.rpartition(":")[2],
            "MLTUI_DATA_DIR": str(folder / "data"),
            "MLTUI_SPOOL": str(folder / "spool"),
            "MLTUI_URL": self.url,
        }
        self.process: psutil.Process | None = None
        self._agents: set[psutil.Process] = set()

    def start(self) -> None:
        self.process = nursery().start(self.environment, self.folder / "server.log")
        deadline = time.monotonic() + START_WITHIN_S
        while True:
            try:
                if HTTP.get(f"{self.url}/health", timeout=5).status_code in (200, 503):
                    return
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline, (self.folder / "server.log").read_text()[-3000:]
            time.sleep(0.05)

    def kill(self) -> None:
        if self.process is not None:
            self._remember_agents()
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """Agents outlive their server, but not the test."""
        if self.process is not None and self.process.is_running():
            self._remember_agents()
            self.process.terminate()
            self.process.wait(30)
        for agent in self._agents:
            with contextlib.suppress(psutil.NoSuchProcess):
                agent.kill()

    def _remember_agents(self) -> None:
        assert self.process is not None
        with contextlib.suppress(psutil.NoSuchProcess):
            self._agents |= set(psutil.Process(self.process.pid).children(recursive=True))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = HTTP.post(f"{self.url}/api/v1{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def get(self, path: str, **query: Any) -> Any:
        answer = HTTP.get(f"{self.url}/api/v1{path}", params=query)
        assert answer.is_success, answer.text
        return answer.json()

    def pipeline(self, name: str, *commands: str, **more: Any) -> None:
        """Register a pipeline whose stages, one after the other, run these shell commands."""
        stages = [
            {"name": f"step-{i}", "command": command, "dependencies": [f"step-{i - 1}"] if i else []}
            for i, command in enumerate(commands)
        ]
        self.post("/pipelines", {"name": name, "stages": stages} | more)

    def run_once(self, pipeline: str) -> str:
        return str(self.post(f"/pipelines/{pipeline}/runs", {})["id"])


def run_id(number: int) -> str:
    return str(UUID(int=(0x019CEC << 104) + (7 << 76) + (2 << 62) + number))


def add_runs(dsn: str, count: int = 40, *, ends: Iterable[str] = ()) -> None:
    """Runs of two pipelines, the newest first in number; `ends` are the states of the newest ones."""
    states = [*ends, *(("completed", "completed", "failed", "completed", "cancelled")[i % 5] for i in range(count))]
    with psycopg.connect(dsn) as connection:
        for number, name in enumerate(("digits", "churn")):
            insert(connection, "pipeline", id=run_id(9000 + number), name=name, description=f"Looks at {name}",
                    parameters=json.dumps(PARAMETERS), environment="prod" if number else "demo", config="{}",
                    run_counter=count, created_at=NOW, updated_at=NOW)  # fmt: skip
        for i, (name, dependencies, _, _) in enumerate(STAGES):
            insert(connection, "stage", id=run_id(9100 + i), pipeline_id=run_id(9000), name=name, stage_type="CUSTOM",
                    order=i, command=json.dumps(f"python {name}.py"), dependencies=json.dumps(list(dependencies)),
                    env="{}", retries=0, backoff_s=1, config="{}", created_at=NOW, updated_at=NOW)  # fmt: skip
        for i in range(count):
            _add_run(connection, i, states[i], count)


def _add_run(connection: psycopg.Connection[Any], i: int, state: str, count: int) -> None:
    begun = NOW - timedelta(minutes=7 * i + 3)
    live = state in ("running", "queued")
    ended = None if live else begun + timedelta(seconds=152 + i)
    done = {"completed": 6, "failed": 4, "cancelled": 3, "running": 4}.get(state, 0)
    definition = {
        "name": "churn" if i % 3 == 2 else "digits",
        "parameters": PARAMETERS,
        "stages": [{"name": n, "command": f"python {n}.py", "dependencies": list(d)} for n, d, _, _ in STAGES],
    }
    insert(
        connection, "run", id=run_id(i), pipeline_id=run_id(9001 if i % 3 == 2 else 9000),
        name=f"{definition['name']}-{count - i}", status=state, trigger_type="schedule" if i % 4 else "manual",
        triggered_by="ada" if i % 2 else "grace", environment="prod" if i % 3 == 2 else "demo",
        definition=json.dumps(definition), run_config=json.dumps({"parameters": PARAMETERS | {"steps": 900}}),
        error_message="stage 'train-network' failed: exit code 1" if state == "failed" else None,
        created_at=begun, updated_at=begun, started_at=None if state == "queued" else begun, completed_at=ended,
        execution_time=None if live else 152 + i, max_memory_usage=(120 + 37 * i % 900) * 2.0**20,
        max_cpu_usage=40.0 + 61 * i % 700, stage_count=6, success_count=done, failed_count=int(state == "failed"),
    )  # fmt: skip
    for key, value in (PARAMETERS | {"steps": 900}).items():
        insert(connection, "run_parameter", run_id=run_id(i), key=key, value=json.dumps(value).strip('"'))
    insert(connection, "run_tag", run_id=run_id(i), key="team", value="risk" if i % 2 else "vision")
    begun_ns = int(begun.timestamp()) * 10**9
    for key, value in {"loss": 0.1 + i % 7 / 10, "val/accuracy": 0.99 - i % 9 / 50}.items():
        if state != "queued":
            insert(connection, "run_series", run_id=run_id(i), key=key, count=600, nonfinite=0, min=value, max=2.3,
                    last=value if i != 5 else math.nan, last_step=599, first_time=begun_ns,
                    last_time=begun_ns + 10**11)  # fmt: skip


def add_stages(dsn: str, number: int = 0, state: str = "completed") -> None:
    """Stage runs and executions of one of the runs; the last training and what follows are not completed, if it is."""
    begun = NOW - timedelta(minutes=7 * number + 3)
    with psycopg.connect(dsn) as connection:
        for i, (name, dependencies, first, last) in enumerate(STAGES):
            bad = state != "completed" and i >= 4
            status = ("skipped" if i == 5 else state) if bad else "completed"
            began = None if status == "skipped" else begun + timedelta(seconds=first)
            ended = None if status in ("skipped", "running") else begun + timedelta(seconds=last)
            message = {"failed": "exit code 1", "skipped": "it depends on 'train-network'"}.get(status)
            insert(
                connection, "stage_run", id=run_id(1000 + 10 * number + i), run_id=run_id(number),
                stage_id=run_id(9100 + i), name=name, stage_type="CUSTOM", order=i,
                dependencies=json.dumps(list(dependencies)), status=status,
                attempt_number=2 if i == 3 else 1, max_attempts=3, started_at=began, completed_at=ended,
                execution_time=last - first if ended else None, memory_usage=1.5e8, cpu_usage=70.0,
                error_message=message, created_at=begun, updated_at=begun,
            )  # fmt: skip
            if began is not None:
                insert(
                    connection, "execution", id=run_id(2000 + 10 * number + i), run_id=run_id(number),
                    stage_run_id=run_id(1000 + 10 * number + i), scope=name,
                    attempt_number=2 if i == 3 else 1, engine="local", status=status,
                    command=json.dumps(["sh", "-c", f"python {name}.py"]), host="ada-laptop", started_at=began,
                    completed_at=ended, execution_time=last - first, heartbeat_at=datetime.now(UTC),
                    created_at=begun, updated_at=begun,
                )  # fmt: skip


def curves(number: int = 0) -> dict[str, Any]:
    """A batch of samples of that run: two trainings, and what they took from the machine."""
    begun = int((NOW - timedelta(minutes=7 * number + 3)).timestamp()) * 10**9
    steps = list(range(600))
    times = [begun + 30 * 10**9 + step * 10**8 for step in steps]
    seconds = list(range(60))
    series: list[dict[str, Any]] = []
    for model, rate in (("linear", 90.0), ("network", 160.0)):
        wave = [math.exp(-s / rate) * 2 + 0.2 + 0.08 * math.sin(s / 5) for s in steps]
        series.append({"key": f"{model}/loss", "times": times, "steps": steps, "values": wave})
        rise = [1 - 0.9 * math.exp(-s / rate) for s in steps]
        series.append({"key": f"{model}/val/accuracy", "times": times, "steps": steps, "values": rise})
        for field, size in (("cpu_percent", 80.0), ("memory_bytes", 2e8)):
            series.append(
                {
                    "key": f"sys/train-{model}/process/{field}",
                    "times": [begun + (30 + second) * 10**9 for second in seconds],
                    "values": [size * (0.6 + 0.4 * math.sin(second / 9)) for second in seconds],
                }
            )
    return {"series": series}


def insert(connection: psycopg.Connection[Any], table: str, **values: Any) -> None:
    names = ", ".join(f'"{name}"' for name in values)
    places = ", ".join(["%s"] * len(values))
    connection.execute(f'INSERT INTO "{table}" ({names}) VALUES ({places})', list(values.values()))  # type: ignore[arg-type]
