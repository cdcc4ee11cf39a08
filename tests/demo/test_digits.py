"""The digits example, stage by stage, on its real data."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from examples import RunStage

STEPS = 40


def test_the_whole_pipeline(run_stage: RunStage, run_dir: Path):
    ingest = run_stage("digits", "ingest")
    assert ingest.returncode == 0, ingest.stderr
    assert pq.read_table(run_dir / "ingest" / "digits.parquet").shape == (1797, 65)

    validate = run_stage("digits", "validate")
    assert validate.returncode == 0, validate.stderr
    assert "1,797 rows are fit for training" in validate.stdout

    split = run_stage("digits", "split")
    assert split.returncode == 0, split.stderr
    rows = {
        part: pq.read_table(run_dir / "split" / f"{part}.parquet").num_rows
        for part in ("training", "validation", "test")
    }
    assert rows == {"training": 1078, "validation": 359, "test": 360}

    first = (run_dir / "split" / "training.parquet").read_bytes()
    run_stage("digits", "split")
    assert (run_dir / "split" / "training.parquet").read_bytes() == first, "the same seed gives the same split"

    linear = run_stage("digits", "train-linear", steps=STEPS)
    assert linear.returncode == 0, linear.stderr
    assert f"step {STEPS:>5}" in linear.stdout
    network = run_stage("digits", "train-network", steps=STEPS)
    assert network.returncode == 0, network.stderr
    assert network.stderr.count("\r") == STEPS, "the progress bar redraws its line at each step"

    evaluate = run_stage("digits", "evaluate")
    assert evaluate.returncode == 0, evaluate.stderr
    report = json.loads((run_dir / "evaluate" / "report.json").read_text())
    assert report["models"]["linear"]["accuracy"] > 0.8
    header, *rows_printed = evaluate.stdout.splitlines()[:3]
    assert [row.split()[0] for row in rows_printed] == ["linear", "network"]
    assert len({len(line) for line in (header, *rows_printed)}) == 1, "columns are aligned"


@pytest.mark.parametrize(("rows", "said"), [(1, "1 in pixel_10"), (2, "pixel_20 goes from 0 to 255")])
def test_bad_rows_stop_it_at_validation(run_stage: RunStage, rows: int, said: str):
    assert run_stage("digits", "ingest", corrupt=rows).returncode == 0
    validate = run_stage("digits", "validate")
    assert validate.returncode == 1
    assert said in validate.stdout
    assert "checks failed" in validate.stderr
