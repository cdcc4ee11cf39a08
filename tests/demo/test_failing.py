"""The failing example fails where and as it says."""

from pathlib import Path

from examples import RunStage


def test_a_source_that_is_down_at_first_and_a_training_that_diverges(run_stage: RunStage, run_dir: Path):
    assert run_stage("failing", "prepare").returncode == 0
    first = run_stage("failing", "fetch-labels")
    assert first.returncode == 1
    assert "503" in first.stderr
    assert run_stage("failing", "fetch-labels").returncode == 0
    assert (run_dir / "fetch-labels" / "labels.npy").exists()

    train = run_stage("failing", "train")
    assert train.returncode == 1
    assert "loss inf" in train.stdout
    assert "loss nan" in train.stdout
    assert train.stderr.strip().splitlines()[-1].startswith("FloatingPointError: the weights are no longer finite")

    lower = run_stage("failing", "train", learning_rate=0.1)
    assert lower.returncode == 0, lower.stderr
    assert lower.stdout.splitlines()[-1] == "step  800  loss 0.483212"


def test_the_other_branch_needs_no_labels(run_stage: RunStage):
    assert run_stage("failing", "prepare").returncode == 0
    describe = run_stage("failing", "describe")
    assert describe.returncode == 0, describe.stderr
    assert "deviations from the mean" in describe.stderr
