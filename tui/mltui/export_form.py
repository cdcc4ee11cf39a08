"""What an export of events is written as: the suffix of its file says so."""

from pathlib import Path
from typing import Literal

Form = Literal["csv", "json"]


def form_of(path: Path) -> Form:
    """Raises ValueError for any other suffix."""
    match path.suffix.lower():
        case ".csv":
            return "csv"
        case ".json":
            return "json"
        case _:
            raise ValueError(f"{str(path)!r} is neither .csv nor .json; its suffix says what to write")
