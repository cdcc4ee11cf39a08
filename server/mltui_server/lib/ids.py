"""UUIDv7: ids that sort by time."""

from uuid import UUID

import uuid_utils

from mltui_server.lib.errors import NotFound


def new_id() -> UUID:
    return UUID(int=uuid_utils.uuid7().int)


def parse_id(what: str, text: str) -> UUID:
    """The UUID in `text`, with or without dashes. Raises NotFound for anything else: there is no such `what`."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(what, text) from None
