"""The command line as a subprocess, and a real server process for it to talk to."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from server_process import ServerProcess, Spawned

COMMAND_WITHIN_S = 90.0


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A shell's environment in which nothing of this machine's user is seen."""
    keep = {key: value for key, value in os.environ.items() if not key.startswith(("MLTUI_", "XDG_", "DATABASE_"))}
    return keep | {
        "HOME": str(tmp_path),
        "MLTUI_DATA_DIR": str(tmp_path / "data"),
        "MLTUI_SPOOL": str(tmp_path / "spool"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }


@pytest.fixture
def server(tmp_path: Path, dsn: str, environment: dict[str, str]) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path, environment | {"DATABASE_URL": dsn})
    process.start()
    environment["MLTUI_URL"] = process.url
    yield process
    process.stop()


@pytest.fixture
def mltui(environment: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command line to its end. `code` is the exit code it must have; None for any."""

    def run(*words: str | Path, code: int | None = 0, **more: str) -> subprocess.CompletedProcess[str]:
        raw = subprocess.run(
            [sys.executable, "-m", "mltui", *map(str, words)],
            env=environment | more,
            capture_output=True,
            timeout=COMMAND_WITHIN_S,
            check=False,
        )
        # Not in text mode, which would turn carriage returns into newlines.
        out, err = (stream.decode(errors="surrogateescape") for stream in (raw.stdout, raw.stderr))
        done = subprocess.CompletedProcess(raw.args, raw.returncode, out, err)
        assert "Traceback" not in done.stderr
        assert code is None or done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return run


@pytest.fixture
def spawn(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Spawned]]:
    """Start a command line and leave it running; what is left at the end is killed."""
    started: list[Spawned] = []

    def start(*words: str | Path) -> Spawned:
        command = [sys.executable, "-m", "mltui", *map(str, words)]
        started.append(Spawned(command, environment, tmp_path / f"spawned-{len(started)}"))
        return started[-1]

    yield start
    for process in started:
        process.kill()
