"""How a widget states its keys: one table that bindings, footer, help and the user's key map are made from."""

from collections.abc import Iterable
from typing import NamedTuple

from textual.binding import Binding, BindingType


class Key(NamedTuple):
    """One thing that keys do."""

    id: str
    """`widget.verb`; what a user's key map refers to."""
    action: str
    keys: str
    """Default keys, separated by commas."""
    description: str
    show: bool = False
    """In the footer."""
    first: bool = False
    """Before what a dialog or a field would make of it."""


def bindings(keys: Iterable[Key]) -> list[BindingType]:
    return [
        Binding(key.keys, key.action, key.description, show=key.show, priority=key.first, id=key.id) for key in keys
    ]
