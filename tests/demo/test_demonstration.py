"""scripts/demo without its console, once the environment is there: a real server, a real run, and the end of both."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
FAST = ("-p", "pace_ms=0")
STAGE_S = 120
"""How long the way to a stage may take on a busy machine."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for folder in [tmp_path, *tmp_path.parents][:3]:
        if folder.stat().st_uid == os.getuid() and folder != Path("/tmp"):
            folder.chmod(0o755)  # as root, Postgres is another user
    return tmp_path / "demo"


@pytest.fixture
def demo(data: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The demo of this checkout, just started, at the speed it has for people."""
    with start(data, tmp_path / "said") as process:
        yield process
        process.kill()


def start(data: Path, said: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "demonstration", "--headless", *options],
        cwd=SCRIPTS,
        env={**os.environ, "MLTUI_DATA_DIR": str(data), "MLTUI_SPOOL": str(data / "spool")},
        stdout=subprocess.PIPE,
        stderr=said.open("w"),
        text=True,
    )


def processes_of(data: Path) -> list[str]:
    """Command lines of what runs on this data folder: server, Postgres, agents, stages."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(data) in " ".join(process.cmdline()) or process.environ().get("MLTUI_DATA_DIR") == str(data):
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def serve_again(data: Path, port: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [Path(sys.executable).parent / "mltui", "serve", "--port", port],
        env={**os.environ, "MLTUI_DATA_DIR": str(data)},
        stderr=subprocess.DEVNULL,
    )


def wait_for(demo: subprocess.Popen[str], said: Path, what: str) -> None:
    deadline = time.monotonic() + STAGE_S
    while what not in said.read_text():
        assert time.monotonic() < deadline, said.read_text()
        assert demo.poll() is None, said.read_text()
        time.sleep(0.1)


def test_it_runs_digits_and_reports_what_came_of_it(data: Path, tmp_path: Path):
    with start(data, tmp_path / "said", *FAST) as process:
        report, _ = process.communicate(timeout=240)
    said = (tmp_path / "said").read_text()
    assert process.returncode == 0, said + report
    for stage in ("ingest", "validate", "split", "train-linear", "train-network", "evaluate"):
        assert f"✓ {stage}" in said
        assert any(line.split()[:2] == [stage, "completed"] for line in report.splitlines()), report
    logged = {line.split()[0]: line.split() for line in report.splitlines() if line.startswith(("linear/", "network/"))}
    assert logged["linear/val/loss"][-1] == "600", "every step was logged, none is missing"
    assert logged["network/accuracy"][-1] == "600"
    assert float(logged["network/test/accuracy"][1]) > 0.9
    assert "peaks" in report
    assert "mltui runs logs" in report
    assert processes_of(data) == []


def test_a_run_that_fails_is_the_exit_code(data: Path, tmp_path: Path):
    with start(data, tmp_path / "said", *FAST, "-p", "corrupt=2") as process:
        report, _ = process.communicate(timeout=240)
    assert process.returncode == 1
    assert "✗ validate" in (tmp_path / "said").read_text()
    assert "skipped" in report
    assert "pixel_20 goes from 0 to 255" in report, "the end of the failed stage's log says why"


def test_sigterm_takes_down_everything_that_it_started(demo: subprocess.Popen[str], data: Path, tmp_path: Path):
    wait_for(demo, tmp_path / "said", "▶ ingest")
    assert processes_of(data)
    demo.send_signal(signal.SIGTERM)
    demo.wait(timeout=10)
    assert demo.returncode == 128 + signal.SIGTERM
    assert processes_of(data) == []


def test_a_server_killed_in_the_middle_loses_nothing(data: Path, tmp_path: Path):
    said = tmp_path / "said"
    with start(data, said, "-p", "pace_ms=5") as demo:
        wait_for(demo, said, "▶ train-linear")
        os.kill(int((data / "server.lock").read_text()), signal.SIGKILL)
        url = (data / "server.url").read_text().strip()
        with serve_again(data, url.rpartition(":")[2]) as server:
            report, _ = demo.communicate(timeout=240)
            assert demo.returncode == 0, said.read_text() + report
            run = httpx.get(f"{url}/api/v1/runs").json()["items"][0]["id"]
            stages = httpx.get(f"{url}/api/v1/runs/{run}").json()["stages"]
            log = next(stage["logs"] for stage in stages if stage["name"] == "train-linear")
            lines = httpx.get(f"{url}{log}/raw?stream=out").text.splitlines()
            server.terminate()
            server.wait(timeout=10)
    counts = {line.split()[0]: line.split()[-1] for line in report.splitlines() if "/val/" in line}
    assert set(counts.values()) == {"600"}, counts
    steps = [int(line.split()[1]) for line in lines if line.startswith("step")]
    assert steps == list(range(50, 601, 50))
    assert processes_of(data) == []
