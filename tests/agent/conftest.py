"""Agents as real processes, a server that a test can stop, and a spool of each test's own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from agent_processes import Agents
from recording_server import RecordingServer


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    server = RecordingServer()
    server.start()
    yield server
    server.close()


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "spool"
    monkeypatch.setenv("MLTUI_SPOOL", str(path))
    return path


@pytest.fixture
def agents(server: RecordingServer, spool: Path) -> Iterator[Agents]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MLTUI_")}
    agents = Agents(server.url, {**clean, "MLTUI_SPOOL": str(spool), "MLTUI_URL": server.url, "MLTUI_DRAIN_S": "10"})
    yield agents
    agents.stop()


@pytest.fixture
def here(server: RecordingServer, spool: Path, monkeypatch: pytest.MonkeyPatch) -> RecordingServer:
    """The server, as this process's own programs find it."""
    monkeypatch.setenv("MLTUI_URL", server.url)
    for name in ("MLTUI_RUN_ID", "MLTUI_AGENT_SPOOL", "MLTUI_PARAMS"):
        monkeypatch.delenv(name, raising=False)
    return server
