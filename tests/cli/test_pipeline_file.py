"""A pipeline file tells everything that is wrong with it at once, each with its place."""

import json
from itertools import pairwise
from pathlib import Path
from textwrap import dedent

import msgspec
import pytest

from mltui.cli.pipeline_file import FaultyPipeline, load, schema
from mltui.wire.pipelines import PipelineSpec, StageType

ROOT = Path(__file__).parents[2]


def write(folder: Path, text: str) -> Path:
    file = folder / "pipeline.yaml"
    file.write_text(dedent(text))
    return file


def faults(folder: Path, text: str) -> list[str]:
    """The messages, without the file's name in front."""
    file = write(folder, text)
    with pytest.raises(FaultyPipeline) as caught:
        load(file)
    return [line.removeprefix(f"{file}:") for line in str(caught.value).splitlines()]


def test_a_good_file_becomes_a_spec_whose_directory_is_the_files_own(tmp_path):
    spec = load(
        write(
            tmp_path,
            """
            name: digits
            parameters: {lr: 1e-3, seed: 010, when: 2020-01-01, keep: no, deep: true, nothing: null}
            stages:
              - &train
                name: train-a
                stage_type: MODEL_TRAINING
                command: python train.py a
                env: {MODE: "1"}
              - <<: *train
                name: train-b
                command: [python, train.py, b]
                dependencies: [train-a]
            """,
        )
    )
    assert spec.directory == str(tmp_path)
    # As people mean it: 1e-3 is a number, 010 is ten, a date and `no` are text.
    assert spec.parameters == {
        "lr": 0.001,
        "seed": 10,
        "when": "2020-01-01",
        "keep": "no",
        "deep": True,
        "nothing": None,
    }
    assert spec.stages[1].command == ["python", "train.py", "b"]
    assert spec.stages[1].stage_type is StageType.MODEL_TRAINING
    assert spec.stages[1].env == {"MODE": "1"}


def test_a_relative_directory_starts_at_the_file(tmp_path):
    assert load(write(tmp_path, "name: a\ndirectory: code")).directory == str(tmp_path / "code")
    assert load(write(tmp_path, "name: a\ndirectory: /srv/code")).directory == "/srv/code"


def test_all_faults_are_told_at_once_with_their_places(tmp_path):
    text = """\
        name: digits
        descripton: x
        parameters:
          bad: [1]
        stages:
          - name: a b
            comand: python x.py
            retries: three
            env: {PORT: 8642, 5: x}
          - name: train
            command: [python, 3]
            stage_type: model_train
            timeout_s: 0
          - command: python x.py
        """
    assert faults(tmp_path, text) == [
        "2:1: unknown key 'descripton'; did you mean 'description'?",
        "4:8: it must be true or false, a whole number, a number, text or null, not a list",
        "6:5: missing key 'command'",
        "6:11: letters, digits, _ . and - only, no . or - first, got 'a b'",
        "7:5: unknown key 'comand'; did you mean 'command'?",
        "8:14: it must be a whole number, not text",
        "9:17: it must be text, not a whole number; write it in quotes",
        "9:23: the key 5 must be text; write it in quotes",
        "11:23: it must be text, not a whole number; write it in quotes",
        "12:17: Invalid enum value 'model_train'; did you mean 'MODEL_TRAINING'?",
        "13:16: it must be a number > 0.0",
        "14:5: missing key 'name'",
    ]


def test_the_graphs_faults_come_with_the_types_faults(tmp_path):
    text = """\
        name: digits
        stages:
          - {name: a, command: x, dependencies: [c], retries: -1}
          - {name: a, command: x}
        """
    assert faults(tmp_path, text) == [
        "3:42: unknown dependency 'c' of stage 'a'; the stages are: a",
        "3:55: it must be a whole number >= 0",
        "4:12: duplicate stage name 'a'",
    ]


def test_a_cycle_is_named(tmp_path):
    text = """\
        name: digits
        stages:
          - {name: a, command: x, dependencies: [b]}
          - {name: b, command: x, dependencies: [a]}
        """
    [fault] = faults(tmp_path, text)
    assert fault in ("3:41: cycle: a → b → a", "4:41: cycle: b → a → b")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "1:1: the file is empty; a pipeline has at least a name"),
        ("# nothing\n", "1:1: the file is empty; a pipeline has at least a name"),
        ("- a\n", "1:1: a pipeline is a mapping of keys, as in `name: digits`"),
        ("description: x\n", "1:1: missing key 'name'"),
        ("name: a\nstages:\n", "2:8: it must be a list, not null"),
        ("name: a\nname: b\n", "2:1: duplicate key 'name'; it is already on line 1"),
        ("name: [a\nstages: b: c\n", "2:7: while parsing a flow sequence: expected ',' or ']', but got ':'"),
        ("name: a\n\tconfig: b\n", "2:1: while scanning for the next token: found character '\\t' that cannot start"),
        ("name: a\nconfig: &a [*a]\n", "2:9: an alias stands inside what it repeats"),
        ("name: a\nconfig: *b\n", "2:9: found undefined alias 'b'"),
        ("name: \x01a\n", "1:7: not allowed here: U+0001"),
        ("name: a\n---\nname: b\n", "2:1: expected a single document in the stream: but found another document"),
        ("name: a\nconfig: !!python/object:os.system x\n", "2:9: could not determine a constructor for the tag"),
        ("name: a\nconfig: " + "[" * 2000, "1:1: nested too deep"),
    ],
)
def test_what_is_no_pipeline_at_all_is_one_clear_line(text, fault, tmp_path):
    [found] = faults(tmp_path, text)
    assert found.startswith(fault)


def test_aliases_of_aliases_are_told_instead_of_expanded(tmp_path):
    lines = ["name: bomb", "a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]" for before, name in pairwise("abcdefghij")]
    (fault,) = faults(tmp_path, "\n".join(lines))
    assert fault.startswith("7:4: too large once its aliases are expanded")
    merged = ["name: bomb", "a: &a {x: 1, y: 2}"]
    merged += [f"{name}: &{name} {{<<: [{', '.join([f'*{before}'] * 9)}]}}" for before, name in pairwise("abcdefghij")]
    (fault,) = faults(tmp_path, "\n".join(merged))
    assert "too large once its aliases are expanded" in fault


def test_other_encodings_are_refused(tmp_path):
    file = tmp_path / "pipeline.yaml"
    file.write_bytes(b"name: a\ndescription: \xff\n")
    with pytest.raises(FaultyPipeline, match=r"pipeline\.yaml:2:1: not UTF-8 text"):
        load(file)


def test_the_published_schema_is_the_contract():
    published = json.loads((ROOT / "docs" / "pipeline.schema.json").read_text())
    assert published == schema() == msgspec.json.schema(PipelineSpec)


@pytest.mark.parametrize("file", sorted((ROOT / "tui" / "mltui" / "examples").glob("*/pipeline.yaml")), ids=str)
def test_the_examples_are_good_and_pass_the_published_schema(file):
    import jsonschema

    spec = load(file)
    jsonschema.validate(msgspec.to_builtins(spec), schema())
    assert spec.directory == str(file.parent)
