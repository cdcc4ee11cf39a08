"""A JSON value as lines of a tree. What is folded is not looked into, so that a large one opens at once."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One line: a key or a number, and a value or how much is in it."""

    path: Path
    value: Any
    opened: bool

    @property
    def depth(self) -> int:
        return max(0, len(self.path) - 1)

    @property
    def can_open(self) -> bool:
        return isinstance(self.value, dict | list) and bool(self.value)

    @property
    def words(self) -> str:
        """The value as JSON has it; of what can be opened, how much is in it."""
        if isinstance(self.value, dict):
            return f"{{{len(self.value):,}}}" if self.value else "{}"
        if isinstance(self.value, list):
            return f"[{len(self.value):,}]" if self.value else "[]"
        if isinstance(self.value, float) and not math.isfinite(self.value):
            return "NaN" if math.isnan(self.value) else "Infinity" if self.value > 0 else "-Infinity"
        return json.dumps(self.value, ensure_ascii=False)


class JsonTree:
    """`lines` is what is seen of it; at first, what is in the outermost value."""

    def __init__(self, value: Any) -> None:
        self._value = value
        self._opened: set[Path] = {()}
        self.lines: list[Node] = []
        self._lay_out()

    def toggle(self, path: Path) -> None:
        self._opened ^= {path}
        self._lay_out()

    def _lay_out(self) -> None:
        whole = Node((), self._value, opened=True)
        self.lines = list(self._below(whole)) if whole.can_open else [whole]

    def _below(self, node: Node) -> Iterator[Node]:
        values = node.value.items() if isinstance(node.value, dict) else enumerate(node.value)
        for key, value in values:
            path = (*node.path, key)
            inner = Node(path, value, path in self._opened)
            yield inner
            if inner.opened and inner.can_open:
                yield from self._below(inner)
