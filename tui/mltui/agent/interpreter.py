"""Which Python a command runs, and what is installed there: told from outside, cheaply, or not at all."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from mltui.wire.code import MAX_PACKAGES

ASK_S = 5.0
_PYTHON = re.compile(r"python[0-9.]*t?$")
_SHELLS = frozenset(("sh", "bash", "dash", "zsh", "ksh"))
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
# The folder that a `-c` puts first is the command's, which may have a module called `platform`.
_QUESTION = """import sys
sys.path = [p for p in sys.path if p]
import platform
sys.stdout.write("\\0".join([platform.python_implementation() + " " + platform.python_version()] + sys.path))"""


def interpreter_of(command: list[str], directory: str, environment: Mapping[str, str]) -> str | None:
    """Where the Python lies that runs this command; None where it is no Python, or one that a launcher chooses."""
    for words in _simple_commands(command):
        name = str(Path(directory, words[0])) if "/" in words[0] else words[0]
        program = shutil.which(name, path=environment.get("PATH"))
        if program is None:
            continue
        if _PYTHON.match(Path(program).name):
            return program
        if (interpreter := _first_line(program)) is not None:
            return interpreter
    return None


def ask(interpreter: str, directory: str, environment: Mapping[str, str]) -> tuple[str, dict[str, str]] | None:
    """Its name with its version, and the packages it finds; None where it does not answer in time."""
    try:
        answer = subprocess.run(
            [interpreter, "-c", _QUESTION],
            cwd=directory,
            env={**environment, "PYTHONIOENCODING": "utf-8:surrogateescape"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=ASK_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    name, *path = answer.stdout.decode(errors="surrogateescape").split("\0")
    return name, packages_on(path)


def own() -> tuple[str, dict[str, str]]:
    """The same of the Python that runs this."""
    import platform

    return f"{platform.python_implementation()} {platform.python_version()}", packages_on(sys.path)


def packages_on(path: Iterable[str]) -> dict[str, str]:
    """Versions by name, as the names of folders tell them: reading what is in them takes a hundred times as long."""
    found: dict[str, str] = {}
    for folder in path:
        try:
            entries = sorted(entry.name for entry in os.scandir(folder or "."))
        except OSError:
            continue
        for entry in entries:
            stem, dot, kind = entry.rpartition(".")
            if dot and kind in ("dist-info", "egg-info") and "-" in stem:
                name, version = stem.split("-")[:2]
                found.setdefault(name.replace("_", "-").lower(), version)
    return dict(sorted(found.items())[:MAX_PACKAGES])


def _simple_commands(command: list[str]) -> Iterator[list[str]]:
    """The command, or those that a shell is given, without the variables before them."""
    if len(command) >= 3 and Path(command[0]).name in _SHELLS and command[1] in ("-c", "-ec", "-lc"):
        lexer = shlex.shlex(command[2], posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        try:
            tokens = list(lexer)
        except ValueError:
            return
    else:
        tokens = list(command)
    words: list[str] = []
    for token in [*tokens, ";"]:
        if token and not token.strip("();<>|&"):
            if words:
                yield words
            words = []
        elif words or not (_ASSIGNMENT.match(token) or token in ("exec", "env", "time", "nohup")):
            words.append(token)


def _first_line(program: str) -> str | None:
    """The Python that a script names in its first line, as those do that pip installs."""
    try:
        with Path(program).open("rb") as file:
            head = file.read(512)
    except OSError:
        return None
    words = head.partition(b"\n")[0].removeprefix(b"#!").decode(errors="replace").split()
    if not head.startswith(b"#!") or not words:
        return None
    if Path(words[0]).name == "env" and len(words) > 1:
        words = words[1:]
    return shutil.which(words[0]) if _PYTHON.match(Path(words[0]).name) else None
