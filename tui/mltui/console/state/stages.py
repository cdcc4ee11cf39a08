"""The stages of a run as a tree: each under the dependency that it waited for longest to be deep enough."""

from collections.abc import Sequence
from dataclasses import dataclass

from mltui.wire.runs import StageRunRow

GUIDE = 3
"""Columns of a guide for each level."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One line of the tree."""

    stage: StageRunRow
    guide: str
    """What is drawn before the name, e.g. `│  └─ `."""


def branches(stages: Sequence[StageRunRow]) -> list[Branch]:
    """Every stage once, dependencies above what depends on them, siblings in the pipeline's order.

    A stage with several dependencies stands under the deepest of them. Stages in a cycle or with
    unknown dependencies stand at the top.
    """
    ordered = sorted(stages, key=lambda stage: stage.order)
    depths = _depths(ordered)
    children: dict[str | None, list[StageRunRow]] = {}
    for stage in ordered:
        known = [name for name in stage.dependencies if depths.get(name, -1) >= 0]
        above = [name for name in known if depths[name] < depths[stage.name]]
        children.setdefault(max(above, key=lambda name: depths[name], default=None), []).append(stage)
    result: list[Branch] = []

    def descend(parent: str | None, indent: str) -> None:
        below = children.get(parent, [])
        for stage in below:
            last = stage is below[-1]
            guide = "" if parent is None else indent + ("└─ " if last else "├─ ")
            result.append(Branch(stage, guide))
            descend(stage.name, "" if parent is None else indent + ("   " if last else "│  "))

    descend(None, "")
    return result


def _depths(stages: Sequence[StageRunRow]) -> dict[str, int]:
    """Of each stage, how many stages are above it; those in a cycle are at 0."""
    depths = dict.fromkeys((stage.name for stage in stages), 0)
    for _ in stages:
        changed = False
        for stage in stages:
            depth = max((depths[name] + 1 for name in stage.dependencies if name in depths), default=0)
            if depth > depths[stage.name] and depth < len(stages):
                depths[stage.name], changed = depth, True
        if not changed:
            return depths
    return dict.fromkeys(depths, 0)
