"""What git says of a folder: quickly, or not at all. It is only read: no lock is taken, nothing is fetched."""

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mltui.wire.code import MAX_DIFF, MAX_UNTRACKED
from mltui.wire.masking import Mask

GIT_S = 5.0
"""For all questions together."""
MAX_STATUS = 1 << 20
INITIAL, DETACHED = "(initial)", "(detached)"


class GitTrouble(Exception):
    """Why git cannot tell, in one line."""


@dataclass
class GitState:
    commit: str | None = None
    branch: str | None = None
    remote: str | None = None
    dirty: bool = False
    diff: str = ""
    diff_cut: bool = False
    untracked: list[str] = field(default_factory=list)
    untracked_more: int = 0
    trouble: str = ""


def git_state(directory: str, environment: Mapping[str, str], mask: Mask) -> GitState:
    """The state of the repository that `directory` is in, its secrets hidden. What cannot be told is left out."""
    git = _Git(directory, environment)
    state = GitState()
    try:
        status, _ = git.ask(MAX_STATUS, "status", "--porcelain=v2", "--branch", "-z")
        _read_status(state, map(mask.text, status.decode(errors="replace").split("\0")))
        with contextlib.suppress(GitTrouble):
            state.remote = _remote(git, mask)
        if state.dirty and state.commit:
            diff, state.diff_cut = git.ask(
                MAX_DIFF, "diff", "HEAD", "--no-color", "--no-ext-diff", "--no-textconv",
                "--src-prefix=a/", "--dst-prefix=b/",
            )  # fmt: skip
            state.diff = mask.diff(_whole_lines(diff, state.diff_cut))[:MAX_DIFF]
    except GitTrouble as trouble:
        state.trouble = mask.text(str(trouble))
    return state


def _read_status(state: GitState, entries: Iterator[str]) -> None:
    """From git's second porcelain format: headers, changes, and `? name` of what it does not know."""
    untracked: list[str] = []
    for entry in entries:
        kind, _, rest = entry.partition(" ")
        if kind == "?":
            untracked.append(rest)
        elif kind == "2":
            state.dirty = True
            next(entries, "")  # what it was called before
        elif kind in ("1", "u"):
            state.dirty = True
        elif rest.startswith("branch.oid "):
            commit = rest.removeprefix("branch.oid ")
            state.commit = None if commit == INITIAL else commit
        elif rest.startswith("branch.head "):
            branch = rest.removeprefix("branch.head ")
            state.branch = None if branch == DETACHED else branch
    state.untracked = untracked[:MAX_UNTRACKED]
    state.untracked_more = len(untracked) - len(state.untracked)


def _remote(git: "_Git", mask: Mask) -> str | None:
    """Nothing is asked of the network. Without a remote git says only what it would be called."""
    url = git.ask(4096, "ls-remote", "--get-url")[0].decode(errors="replace").strip()
    return mask.text(url) if "/" in url or ":" in url else None


def _whole_lines(diff: bytes, cut: bool) -> str:
    return (diff[: diff.rfind(b"\n") + 1] if cut else diff).decode(errors="replace")


class _Git:
    """Asks questions that end at one time."""

    def __init__(self, directory: str, environment: Mapping[str, str]) -> None:
        self._directory = directory
        self._environment = {
            **environment,
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
        }
        self._deadline = time.monotonic() + GIT_S

    def ask(self, most: int, *words: str) -> tuple[bytes, bool]:
        """At most so many bytes of its answer, and whether there was more. Raises GitTrouble."""
        try:
            process = subprocess.Popen(
                ["git", *words],
                cwd=self._directory,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise GitTrouble("git was not found" if error.filename == "git" else str(error)) from None
        with process:
            answer, ended = self._read(process, most)
            if not ended:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                if len(answer) <= most:
                    raise GitTrouble(f"git did not answer within {GIT_S:g} s")
            elif process.wait():
                raise GitTrouble(_complaint(process))
        return answer[:most], len(answer) > most

    def _read(self, process: "subprocess.Popen[bytes]", most: int) -> tuple[bytes, bool]:
        """What it says until it ends, is late, or says too much; whether it ended."""
        assert process.stdout is not None
        answer, fd = b"", process.stdout.fileno()
        while len(answer) <= most:
            if not select.select([fd], [], [], max(0.0, self._deadline - time.monotonic()))[0]:
                return answer, False
            piece = os.read(fd, 65_536)
            if not piece:
                return answer, True
            answer += piece
        return answer, False


def _complaint(process: "subprocess.Popen[bytes]") -> str:
    assert process.stderr is not None
    lines = process.stderr.read(4096).decode(errors="replace").strip().splitlines()
    return lines[0].removeprefix("fatal: ") if lines else f"git ended with exit code {process.returncode}"
