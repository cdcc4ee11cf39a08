"""Lineage as a tree, for the console and the command line. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mltui.wire.lineage import Lineage, LineageEdge, LineageNode


@dataclass(frozen=True, slots=True)
class Branch:
    """One line of the tree."""

    node: LineageNode
    guide: str = ""
    """What is drawn before the name, e.g. `│  └─ `."""
    above: str = ""
    """Id of the node that it hangs on."""
    stage: str = ""
    """The run's stage that read or wrote it."""
    again: bool = False
    """It stands further up already, with what is beyond it."""
    cut: bool = False
    """There is more beyond it than was asked for."""


def came_from(lineage: Lineage) -> list[Branch]:
    """What the root came from, below it; without the root."""
    return _branches(lineage, _by_node(lineage, up=True), up=True)


def led_to(lineage: Lineage) -> list[Branch]:
    """What the root led to, below it; without the root."""
    return _branches(lineage, _by_node(lineage, up=False), up=False)


def root_of(lineage: Lineage) -> LineageNode:
    return next(node for node in lineage.nodes if node.id == lineage.root)


def _by_node(lineage: Lineage, *, up: bool) -> dict[str, list[LineageEdge]]:
    """Of each node the edges onward."""
    found: dict[str, list[LineageEdge]] = {}
    for edge in lineage.edges:
        found.setdefault(edge.target if up else edge.source, []).append(edge)
    return found


def _branches(lineage: Lineage, onward: Mapping[str, Sequence[LineageEdge]], *, up: bool) -> list[Branch]:
    nodes = {node.id: node for node in lineage.nodes}
    cut, seen = set(lineage.cut), {lineage.root}
    result: list[Branch] = []

    def descend(here: str, indent: str) -> None:
        edges = onward.get(here, ())
        for edge in edges:
            node, last = nodes[edge.source if up else edge.target], edge is edges[-1]
            again = node.id in seen
            seen.add(node.id)
            guide = indent + ("└─ " if last else "├─ ")
            result.append(Branch(node, guide, here, edge.stage, again, node.id in cut and not again))
            if not again:
                descend(node.id, indent + ("   " if last else "│  "))

    descend(lineage.root, "")
    return result
