"""`mltui lineage` in the columns that there are."""

import os
from itertools import pairwise

import pytest

from mltui.cli import lineage
from mltui.cli.lineage import print_lineage
from mltui.cli.output import cells_wide
from mltui.wire.lineage import Lineage, LineageEdge, LineageNode, NodeKind

FOLDER = "fraud-detection/experiments/2026-03-14/gradient-boosted-trees-with-calibrated-probabilities/checkpoints"
CHAIN = [
    (NodeKind.SOURCE, f"s3://company-data-lake-production/{FOLDER}.parquet", "", ""),
    (NodeKind.INGESTION_JOB, "nightly transactions enriched with customer attributes, for fraud", "deleted", ""),
    (NodeKind.RUN, "train-gradient-boosted-trees-with-calibrated-probabilities-eu-central-1", "deleted", "digits"),
    (NodeKind.ARTIFACT, f"{FOLDER}/epoch-0003/weights.safetensors", "deleted", "MODEL"),
    (NodeKind.MODEL_VERSION, "日本語の名前" * 9 + "/12", "ready", ""),
]  # fmt: skip


@pytest.fixture
def found() -> Lineage:
    nodes = [
        LineageNode(id=str(at), kind=kind, name=name, state=state, note=note, run_id=None, created_at=None)
        for at, (kind, name, state, note) in enumerate(CHAIN)
    ]
    edges = [LineageEdge(source=a.id, target=b.id, stage="train") for a, b in pairwise(nodes)]
    return Lineage(root="4", nodes=nodes, edges=edges, cut=[])


@pytest.mark.parametrize("columns", [80, 60])
def test_in_a_terminal_names_give_way_to_kind_and_state(monkeypatch, capsys, found, columns):
    monkeypatch.setattr(lineage.sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(lineage.shutil, "get_terminal_size", lambda: os.terminal_size((columns, 24)))
    print_lineage(found, up=True, down=True)
    root, heading, *lines, nothing = capsys.readouterr().out.splitlines()
    assert (heading, nothing) == ("came from", "led to nothing that is known")
    assert max(map(cells_wide, [root, *lines])) <= columns
    for line, (kind, name, state, _) in zip([*reversed(lines), root], CHAIN, strict=True):
        assert "…" in line and name not in line
        assert "  ".join(filter(None, [kind.value.replace("_", " "), state])) in line


def test_without_a_terminal_all_of_it_is_there(capsys, found):
    print_lineage(found, up=True, down=False)
    root, _, *lines = capsys.readouterr().out.splitlines()
    assert "…" not in "".join(lines)
    for line, (_, name, state, note) in zip([*reversed(lines), root], CHAIN, strict=True):
        assert name in line and state in line and note in line
    assert lines[0].endswith("  artifact  deleted  MODEL  stage train")
