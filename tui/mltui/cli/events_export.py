"""`mltui events --export`: all events that match, into a file or a pipe."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mltui.cli.session import CommandError
from mltui.export_form import form_of
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
    try:
        form = form_of(path)
        with new_file(path) as file:
            async for piece in client.export_events(form, **filters):
                file.write(piece)
    except ValueError as error:
        raise CommandError(str(error), 2) from None
    except FileExistsError:
        raise CommandError(f"{path} exists; write another name", 2) from None
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}") from None
