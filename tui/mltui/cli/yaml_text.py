"""YAML as people mean it: the 1.2 core schema on PyYAML's safe loader, with the place of every node.

YAML 1.1, PyYAML's own, reads `1e-3` as text, `no` as false, `010` as eight and `12:30:00` as 45000.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong in a file. Line and column count from 1."""

    line: int
    column: int
    message: str


ALIASES_MAX = 250_000
"""What aliases may add to a file, counted in characters and nodes."""


class _CoreLoader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


_CORE = {
    "null": (r"null|Null|NULL|~|", ["n", "N", "~", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    "float": (
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
    "merge": (r"<<", ["<"]),
}
for _tag, (_pattern, _starts) in _CORE.items():
    _CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _starts)


def _integer(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    text = str(loader.construct_scalar(node))
    return int(text, 0 if text[:2] in ("0o", "0x") else 10)


_CoreLoader.add_constructor("tag:yaml.org,2002:int", _integer)


def parse(text: str) -> tuple[yaml.Node | None, Any, list[Fault]]:
    """The one document in `text` as nodes and as a value, and what is wrong with it.

    Without nodes (None) when there is no document or no reading it.
    """
    try:
        loader = _CoreLoader(text)
        root = loader.get_single_node()
        if root is None:
            return None, None, []
        if faults := list(_loops(root, [], set())) or list(_bombs(root)) or list(_duplicate_keys(root)):
            return None, None, faults
        return root, loader.construct_document(root), []
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        column = len(before) - (before.rfind("\n") + 1) + 1
        return None, None, [Fault(before.count("\n") + 1, column, f"not allowed here: U+{error.character:04X}")]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = ": ".join(part for part in (error.context, error.problem) if part)
        return None, None, [Fault(mark.line + 1, mark.column + 1, what) if mark else Fault(1, 1, what)]
    except RecursionError:
        return None, None, [Fault(1, 1, "nested too deep")]


def at(node: yaml.Node, message: str) -> Fault:
    return Fault(node.start_mark.line + 1, node.start_mark.column + 1, message)


def _loops(node: yaml.Node, above: list[yaml.Node], seen: set[yaml.Node]) -> Iterator[Fault]:
    if node in above:
        yield at(node, "an alias stands inside what it repeats")
    if node in seen:
        return
    seen.add(node)
    above.append(node)
    for child in _children(node):
        yield from _loops(child, above, seen)
    above.pop()


def _bombs(root: yaml.Node) -> Iterator[Fault]:
    """Aliases of aliases: a few lines that mean millions. Counted without expanding them."""
    sizes: dict[yaml.Node, int] = {}
    own = 0

    def measure(node: yaml.Node) -> int:
        nonlocal own
        if node not in sizes:
            size = len(node.value) + 1
            own += size
            sizes[node] = size + sum(measure(child) for child in _children(node))
        return sizes[node]

    if measure(root) - own > ALIASES_MAX:
        # Measured from the inside out: the first is the smallest that is too large.
        bomb = next(node for node, size in sizes.items() if size > ALIASES_MAX)
        yield at(bomb, f"too large once its aliases are expanded; they may add {ALIASES_MAX} characters to a file")


def _duplicate_keys(node: yaml.Node) -> Iterator[Fault]:
    """PyYAML would let the last one win."""
    if isinstance(node, yaml.MappingNode):
        first: dict[str, yaml.Node] = {}
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in first:
                line = first[key.value].start_mark.line + 1
                yield at(key, f"duplicate key {key.value!r}; it is already on line {line}")
            elif isinstance(key, yaml.ScalarNode):
                first[key.value] = key
    for child in _children(node):
        yield from _duplicate_keys(child)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []
