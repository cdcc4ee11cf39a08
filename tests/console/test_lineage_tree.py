"""Lineage as a tree: every way is drawn once, whatever the graph."""

from hypothesis import given
from hypothesis import strategies as st

from mltui.console.state.lineage import Branch, came_from, led_to
from mltui.console.widgets.lineage_lines import fitted
from mltui.wire.lineage import Lineage, LineageEdge, LineageNode, NodeKind


def lineage(edges: list[tuple[int, int]], cut: tuple[int, ...] = ()) -> Lineage:
    """Node 0 is the root."""
    ids = sorted({0, *(end for edge in edges for end in edge)})
    nodes = [
        LineageNode(id=str(i), kind=NodeKind.RUN, name=f"n{i}", state="", note="", run_id=None, created_at=None)
        for i in ids
    ]
    found = [LineageEdge(source=str(a), target=str(b)) for a, b in edges]
    return Lineage(root="0", nodes=nodes, edges=found, cut=[str(i) for i in cut])


def drawn(branches: list[Branch]) -> list[str]:
    marks = ((" again" if b.again else " cut" if b.cut else "") for b in branches)
    return [b.guide + b.node.name + mark for b, mark in zip(branches, marks, strict=True)]


def test_two_ways_to_one_thing_are_drawn_and_what_is_beyond_it_once():
    graph = lineage([(0, 1), (0, 2), (1, 3), (2, 3), (3, 4)], cut=(4,))
    assert drawn(led_to(graph)) == ["├─ n1", "│  └─ n3", "│     └─ n4 cut", "└─ n2", "   └─ n3 again"]
    assert came_from(graph) == []


def test_a_run_that_reads_what_it_wrote_ends():
    assert drawn(came_from(lineage([(0, 1), (1, 0)]))) == ["└─ n1", "   └─ n0 again"]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), unique=True))
def test_everything_that_can_be_reached_is_there_and_opened_once(edges):
    branches = led_to(lineage(edges))
    reached, waiting = {0}, [0]
    while waiting:
        here = waiting.pop()
        further = {b for a, b in edges if a == here} - reached
        reached |= further
        waiting += further
    opened = [branch.node.id for branch in branches if not branch.again]
    assert sorted(opened) == sorted(str(i) for i in reached - {0})
    assert len(branches) == sum(a in reached for a, _ in edges)


NAMES = st.text(st.sampled_from("ab/日"), min_size=1, max_size=90)


@given(st.lists(NAMES, min_size=1, max_size=5, unique=True), st.integers(80, 160), st.integers(0, 21))
def test_however_long_and_deep_kind_and_state_are_drawn_and_siblings_differ(names, width, depth):
    kind, state = NodeKind.INGESTION_JOB, "completed"
    nodes = [
        LineageNode(id=name, kind=kind, name=name, state=state, note="n" * 30, run_id=None, created_at=None)
        for name in names
    ]
    lines = fitted([Branch(node, "   " * depth + "├─ ", "root", cut=True) for node in nodes], width)
    assert all(line.cell_len <= width for line in lines)
    assert all("  ingestion job  completed" in line.plain for line in lines)
    assert all(line.plain.endswith("  … there is more") for line in lines)
    assert len({line.plain for line in lines}) == len(names)
