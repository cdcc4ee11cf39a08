"""`mltui events --export`: all events that match, into a file or a pipe."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mltui.cli.session import CommandError
from mltui.new_file import new_file

if TYPE_CHECKING:
    from mltui.client import Client

STDOUT = "-"


async def export(client: "Client", filters: dict[str, str | None], where: str, *, as_json: bool) -> None:
    """Raises CommandError for a file that is there, has another suffix, or cannot be written. Half a file goes."""
    if where == STDOUT:
        async for piece in client.export_events("json" if as_json else "csv", **filters):
            sys.stdout.buffer.write(piece)
        return
    path = Path(where)
    form = _form(path)
    try:
        with new_file(path) as file:
            async for piece in client.export_events(form, **filters):
                file.write(piece)
    except FileExistsError:
        raise CommandError(f"{path} exists; write another name", 2) from None
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}") from None


def _form(path: Path) -> Literal["csv", "json"]:
    match path.suffix.lower():
        case ".csv":
            return "csv"
        case ".json":
            return "json"
        case _:
            raise CommandError(f"{str(path)!r} is neither .csv nor .json; its suffix says what to write", 2)
