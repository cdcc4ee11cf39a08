"""Servers that start at once: forked from a process that has imported all they need, which is most of a start."""

import json
import os
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NoReturn

import psutil


class Nursery:
    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, environment: dict[str, str], log: Path) -> psutil.Process:
        """`python -m mltui_server`, a process of its own, with this environment and its output in `log`."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([environment, str(log)]) + "\n")
        self._process.stdin.flush()
        return psutil.Process(int(self._process.stdout.readline()))


@cache
def nursery() -> Nursery:
    """The one of this process; it ends when this does."""
    return Nursery()


def _fork_what_is_asked_for() -> NoReturn:
    from mltui_server.__main__ import main

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for line in sys.stdin:
        environment, log = json.loads(line)
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.environ.clear()
            os.environ.update(environment)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(out, 1)
            os.dup2(out, 2)
            os._exit(main())
        print(pid, flush=True)
    os._exit(0)


if __name__ == "__main__":
    _fork_what_is_asked_for()
