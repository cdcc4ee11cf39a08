"""Code versions in words: what is compared of two of them. Pure."""

from hashlib import sha256

from mltui.wire.code import CodeVersion
from mltui.wire.counting import counted


def program_of(code: CodeVersion) -> dict[str, str]:
    """What was run."""
    return {
        "commit": code.commit or "none",
        "branch": code.branch or "none",
        "uncommitted changes": _changes(code),
        "command": " ".join(code.command),
        "directory": code.directory,
    }


def surroundings_of(code: CodeVersion) -> dict[str, str]:
    """What it was run on, by, and with, packages aside."""
    around = {"python": code.python, "os": code.os, "host": code.host}
    return around | {f"${name}": value for name, value in code.environment.items()}


def _changes(code: CodeVersion) -> str:
    """With a digest: two that are alike in size may differ."""
    if not code.dirty:
        return "none"
    lines = [line for line in code.diff.splitlines() if line[:1] in ("+", "-") and line[:3] not in ("+++", "---")]
    return f"{counted(len(lines), 'line')}{' and more' if code.diff_cut else ''} ({digest(code.diff)})"


def digest(text: str) -> str:
    """Short, for people to tell two apart."""
    return sha256(text.encode()).hexdigest()[:7]
