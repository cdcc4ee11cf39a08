"""Names of files that something is exported to: where the console runs, and none that is there already."""

from pathlib import Path

from mltui.console import format

MOST_COPIED = 70_000
"""Bytes. What is longer many terminals do not put into their clipboard, without a word."""
MOST_SHOWN = 60
"""Characters of a path that cannot be written to."""


def path_of(name: str) -> Path:
    return Path(name.strip()).expanduser().absolute()


def fault_of(name: str) -> str:
    """Why nothing can be written there; empty where, as far as can be seen, something can."""
    if not name.strip():
        return "write the name of a file"
    try:
        path = path_of(name)
        if path.is_dir():
            return f"{_short(path)} is a folder; write the name of a file in it"
        if path.exists():
            return f"{_short(path)} exists; write another name"
        return "" if path.parent.is_dir() else f"there is no folder {_short(path.parent)}"
    except (OSError, RuntimeError, ValueError) as error:
        return _words(error)


def not_written(path: Path, error: Exception) -> str:
    """What to say of a file that could not be written."""
    return f"{_short(path)}: {_words(error)}"


def _words(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


def _short(path: Path) -> str:
    return format.shortened(str(path), MOST_SHOWN)
