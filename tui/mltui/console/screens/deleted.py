"""What was deleted: when, by whom and how it comes back. Its events say so, as they stay."""

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from mltui.console import shell
from mltui.console.format import moment
from mltui.wire.runs import FOR_GOOD, RESTORABLE_H

if TYPE_CHECKING:
    from mltui.client import Client
    from mltui.wire.events import EventRow

Kind = Literal["run", "ingestion_job"]
VERBS = {"run": "runs", "ingestion_job": "ingest"}


async def deletion_of(client: "Client", kind: Kind, id: str) -> "EventRow | None":
    """The event of its deletion; None where nothing is known of any."""
    found = await client.events(object_id=id, action=f"{kind}.delete", limit=1)
    return found.items[0] if found.items else None


def when_and_by_whom(deletion: "EventRow") -> str:
    return f"was deleted {moment(deletion.time)} by {deletion.actor}"


def way_back(deletion: "EventRow", url: str) -> tuple[str, str]:
    """What to say before a command that brings it back, and the command; the latter is empty where nothing does."""
    command = shell.command(f"{VERBS[deletion.object_type]} restore {deletion.object_id}", url)
    if deletion.object_type != "run":
        return "This brings it back:", command
    if deletion.message == FOR_GOOD:
        return "It is gone for good.", ""
    until = moment(deletion.time + timedelta(hours=RESTORABLE_H))
    return f"Until {until} this brings it back:", command
