"""What goes over the WebSocket at /ws/{client_id}.

Notices say *that* something changed, with ids and a cursor; what it changed to is
fetched over REST, in the window that the client shows. So a notice may be merged
with the next or sent twice without harm, and "reconnect" is "subscribe again
with the last cursor".

Topics: `runs`, `pipelines`, `models`, `jobs` (of ingestion), `events`, `run:<run id>`, `series:<run id>`,
`log:<execution id>`, `points:<metric id>`.
"""

from typing import Literal

from msgspec import Struct


class Topic(Struct):
    name: str
    cursor: str | None = None
    """The last one seen. Unknown or None: a notice comes at once, so that the client fetches."""


class Command(Struct, omit_defaults=True):
    """Client to server."""

    subscribe: list[Topic] = []
    unsubscribe: list[str] = []


class Notice(Struct, omit_defaults=True):
    """Server to client."""

    type: Literal["notice", "hello", "problem"] = "notice"
    topic: str = ""
    cursor: str = ""
    ids: list[str] = []
    """Of what changed, where the topic has several objects; empty means: fetch all you show."""
    detail: str = ""
    """For `problem`: what was wrong with the command. For `hello`: the server's version."""
