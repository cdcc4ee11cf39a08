"""Text that the server can keep: Postgres has no NUL, and UTF-8 no halves of surrogate pairs.

Both come from where nobody chose them: an exception's words, bytes of a command line that are not UTF-8.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mltui.wire.base import to_number

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The same text with U+FFFD for each character that cannot be kept."""
    return UNSTORABLE.sub("\ufffd", text)


def json_body(message: msgspec.Struct | Sequence[msgspec.Struct]) -> bytes:
    """A request's body as JSON, every text in it storable. Otherwise it would be refused for ever, or not encoded."""
    return msgspec.json.encode(_storable(msgspec.to_builtins(message)))


def plain(value: Any) -> Any:
    """What JSON can say: numbers it has no word for become strings, other objects their text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float):
        return to_number(value)
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(item) for item in value]
    return value
