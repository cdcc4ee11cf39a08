"""What an event says, in a line of text."""

from collections.abc import Iterator
from typing import Any

import msgspec

from mltui.console import format
from mltui.wire.events import EventRow


def said(event: EventRow) -> str:
    """Its message on one line, after what was moved where; without one, what changed."""
    if event.message:
        return _moved(event) + " ".join(event.message.split())
    return ", ".join(f"{key} {_short(new if new is not None else old)}" for key, old, new in changes(event))


def _moved(event: EventRow) -> str:
    """Of an alias or a stage: the reason alone does not say which."""
    before, after = event.before or {}, event.after or {}
    match event.action:
        case "model.alias":
            return f"{after.get('alias')} {before.get('version') or 'none'} → {after.get('version') or 'none'}: "
        case "model_version.stage":
            return f"{before.get('stage')} → {after.get('stage')}: "
        case "model.request" | "model.approve" | "model.reject":
            return f"{after.get('move')}: "
        case _:
            return ""


def changes(event: EventRow) -> Iterator[tuple[str, str | None, str | None]]:
    """(what, before, after) of each value that is not the same, with dots to what lies deeper; None where absent."""
    before, after = _flat(event.before or {}), _flat(event.after or {})
    for key in dict.fromkeys([*before, *after]):
        if before.get(key) != after.get(key):
            yield key, before.get(key), after.get(key)


def _flat(value: dict[str, Any], path: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, inner in value.items():
        if isinstance(inner, dict) and inner:
            found |= _flat(inner, f"{path}{key}.")
        elif inner is not None:
            found[f"{path}{key}"] = inner if isinstance(inner, str) and inner else msgspec.json.encode(inner).decode()
    return found


def _short(value: str | None) -> str:
    return format.shortened(value or "", 40)
