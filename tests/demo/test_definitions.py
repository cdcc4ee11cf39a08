"""The examples' YAML files are valid, and each stage starts something that is there."""

import shlex

import pytest
from examples import EXAMPLES, example

from mltui.wire.pipelines import StageType, graph_faults


@pytest.mark.parametrize("name", ["digits", "failing"])
def test_the_graph_can_run(name: str):
    spec = example(name)
    assert spec.name == name
    assert graph_faults(spec.stages) == []


@pytest.mark.parametrize("name", ["digits", "failing"])
def test_every_script_exists(name: str):
    for stage in example(name).stages:
        words = shlex.split(stage.command) if isinstance(stage.command, str) else stage.command
        assert words[0] == "python"
        assert words[1] == "-c" or (EXAMPLES / name / words[1]).exists()


def test_two_trainings_run_in_parallel():
    trainings = [stage for stage in example("digits").stages if stage.stage_type is StageType.MODEL_TRAINING]
    assert [stage.dependencies for stage in trainings] == [["split"], ["split"]]


def test_each_training_takes_at_least_500_steps():
    assert example("digits").parameters["steps"] >= 500
