"""A forked process that looks at the code while the command begins, so that the command waits for nothing.

A process and not a thread: what git and Python use is then not counted, nor killed, as the command's own.
"""

import contextlib
import os
import signal
import threading
from pathlib import Path

import msgspec

from mltui.agent.code import code_of_command
from mltui.agent.frames import Record
from mltui.agent.guard import detach
from mltui.agent.server import JSON
from mltui.agent.spool import Lane
from mltui.agent.text import json_body
from mltui.wire.code import RecordCode
from mltui.wire.executions import Work

PATIENCE_S = 2.0
"""For a witness that is still looking when the command has ended."""
NICE = 10


class Witness:
    """Fork it before the command, and before any thread exists."""

    def __init__(self, work: Work, environment: dict[str, str]) -> None:
        self._path = f"/api/v1/runs/{work.run_id}/code"
        self._reader, writer = os.pipe()
        self._thread: threading.Thread | None = None
        self.pid = os.fork()
        if self.pid == 0:
            _look(writer, work, environment)
        os.close(writer)

    def listen(self, lane: Lane) -> None:
        """Put what it says into the lane, from a thread."""
        self._thread = threading.Thread(target=self._keep, args=(lane,), name="mltui-witness", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Wait a little for its word; then it has none to say."""
        assert self._thread is not None
        self._thread.join(PATIENCE_S)
        if self._thread.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self._thread.join(PATIENCE_S)

    def _keep(self, lane: Lane) -> None:
        with os.fdopen(self._reader, "rb") as pipe:
            body = pipe.read()
        try:
            msgspec.json.decode(body, type=RecordCode)
        except msgspec.DecodeError:
            # It was killed in the middle of its word.
            return
        lane.append(Record("POST", self._path, JSON, body))


def _look(writer: int, work: Work, environment: dict[str, str]) -> None:
    """Never returns."""
    try:
        detach(writer)
        os.nice(NICE)
        directory = work.directory or str(Path.cwd())
        body = json_body(code_of_command(work.command, work.scope, directory, environment, work.env))
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(body)
    finally:
        os._exit(0)
