"""Agents and training programs as real processes."""

import contextlib
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from typing import TypeVar

import psutil

T = TypeVar("T")

EXEC = """
import sys
from mltui.agent.execute import run_exec
sys.exit(run_exec(sys.argv[2:], url=sys.argv[1], run_name="story", pipeline="default", tags={}))
"""
CLAIMED = """
import sys
from mltui.agent.execute import run_claimed
sys.exit(run_claimed(sys.argv[2], url=sys.argv[1]))
"""
PATIENCE_S = 30.0


def wait_for(condition: Callable[[], T], what: str = "it") -> T:
    """The condition's value as soon as it is true."""
    deadline = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {PATIENCE_S:g} s for {what}"
        time.sleep(0.02)
    return value


class Agents:
    """Starts agents, and leaves none behind."""

    def __init__(self, url: str, env: dict[str, str]) -> None:
        self.url = url
        self.env = env
        self.started: list[subprocess.Popen[bytes]] = []

    def exec(self, *command: str, **env: str) -> subprocess.Popen[bytes]:
        """`mltui exec -- COMMAND` in a shell."""
        return self.python(EXEC, self.url, *command, **env)

    def claimed(self, execution_id: str, **env: str) -> subprocess.Popen[bytes]:
        """`mltui exec --execution ID`, as the engine starts it."""
        return self.python(CLAIMED, self.url, execution_id, **env)

    def python(self, code: str, *arguments: str, **env: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**self.env, **env},
        )
        self.started.append(process)
        return process

    def stop(self) -> None:
        for process in self.started:
            if process.poll() is None:
                for child in psutil.Process(process.pid).children(recursive=True):
                    with contextlib.suppress(psutil.NoSuchProcess):
                        child.kill()
                process.kill()
            process.wait()
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()


def program(agents: Agents, code: str, **env: str) -> subprocess.Popen[bytes]:
    """A training program."""
    return agents.python("import mltui, os, sys, time\n" + textwrap.dedent(code), **env)
