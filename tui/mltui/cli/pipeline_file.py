"""A pipeline's YAML file: read whole, with everything that is wrong in it at once, each with its line and column."""

import difflib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec
import yaml

from mltui.cli.yaml_text import Fault, at, parse
from mltui.wire.base import in_words
from mltui.wire.pipelines import PipelineSpec, StageSpec, StageType, graph_faults


class FaultyPipeline(Exception):
    """What is wrong with a file: one `FILE:LINE:COLUMN: message` a line."""

    def __init__(self, file: Path, faults: Iterable[Fault]) -> None:
        self.faults = sorted(set(faults))
        super().__init__("\n".join(f"{file}:{f.line}:{f.column}: {f.message}" for f in self.faults))


def schema() -> dict[str, Any]:
    """The JSON schema of a pipeline file; docs/pipeline.schema.json publishes it."""
    return msgspec.json.schema(PipelineSpec)


def load(file: Path) -> PipelineSpec:
    """The pipeline in `file`; its directory, where it names none, is the file's own. Raises FaultyPipeline, OSError."""
    raw = file.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise FaultyPipeline(file, [Fault(line, 1, "not UTF-8 text")]) from None
    root, value, faults = parse(text)
    if root is None:
        raise FaultyPipeline(file, faults or [Fault(1, 1, "the file is empty; a pipeline has at least a name")])
    if not isinstance(root, yaml.MappingNode):
        raise FaultyPipeline(file, [at(root, "a pipeline is a mapping of keys, as in `name: digits`")])
    faults = [*_faults(root, value, PipelineSpec), *_graph_faults(root, value)]
    if faults:
        raise FaultyPipeline(file, faults)
    spec = msgspec.convert(value, PipelineSpec)
    spec.directory = str((file.parent / (spec.directory or "")).resolve())
    return spec


def _faults(node: yaml.Node, value: Any, wanted: Any) -> Iterator[Fault]:
    """What keeps `value`, which stands at `node`, from being a `wanted`: part by part, so that all are found."""
    if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct) and isinstance(node, yaml.MappingNode):
        yield from _struct_faults(node, value, wanted)
    elif get_origin(wanted) is dict and isinstance(node, yaml.MappingNode):
        for key, (key_node, child) in _entries(node).items():
            if not isinstance(key, str):
                yield at(key_node, f"the key {key} must be text; write it in quotes")
            else:
                yield from _faults(child, value[key], get_args(wanted)[1])
    elif get_origin(wanted) is list and isinstance(node, yaml.SequenceNode):
        for child, item in zip(node.value, value, strict=True):
            yield from _faults(child, item, get_args(wanted)[0])
    else:
        try:
            msgspec.convert(value, wanted)
        except msgspec.ValidationError as error:
            message, _, path = str(error).partition(" - at `")
            yield at(_node_at(node, path.rstrip("`")), in_words(message) + _hint(message, value))


def _struct_faults(node: yaml.MappingNode, value: dict[Any, Any], wanted: type[msgspec.Struct]) -> Iterator[Fault]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(wanted)}
    entries = _entries(node)
    for key, (key_node, child) in entries.items():
        if key in fields:
            yield from _faults(child, value[key], fields[key].type)
        else:
            yield at(key_node, f"unknown key {key!r}; {_suggestion(str(key), list(fields))}")
    for name, field in fields.items():
        if field.required and name not in entries:
            yield at(node, f"missing key {name!r}")


def _graph_faults(root: yaml.MappingNode, value: dict[Any, Any]) -> list[Fault]:
    """Of the graph, as far as the stages' names and dependencies can be read."""
    stages = value.get("stages")
    if not isinstance(stages, list):
        return []
    try:
        skeletons = [
            msgspec.convert(
                {"name": s["name"], "command": "true", "dependencies": s.get("dependencies", [])}, StageSpec
            )
            for s in stages
        ]
    except (msgspec.ValidationError, TypeError, KeyError, AttributeError):
        return []  # Already among the other faults.
    return [at(_node_at(root, fault.path), fault.message) for fault in graph_faults(skeletons)]


def _entries(node: yaml.MappingNode) -> dict[Any, tuple[yaml.Node, yaml.Node]]:
    """Key and value nodes by key, as constructing the value has left them: merged, the last one wins."""
    keys = yaml.constructor.SafeConstructor()
    entries = {}
    for key_node, value_node in node.value:
        plain = key_node.tag == "tag:yaml.org,2002:str"
        entries[key_node.value if plain else keys.construct_object(key_node)] = (key_node, value_node)
    return entries


def _node_at(node: yaml.Node, path: str) -> yaml.Node:
    """Where `path`, as in `$.stages[1].retries`, leads from `node`; as far as it can be followed."""
    for name, index in re.findall(r"\.([^.\[\]]+)|\[(\d+)\]", path):
        if name and isinstance(node, yaml.MappingNode) and name in (entries := _entries(node)):
            node = entries[name][1]
        elif index and isinstance(node, yaml.SequenceNode):
            node = node.value[int(index)]
        else:
            break
    return node


def _hint(message: str, value: Any) -> str:
    if re.match(r"Expected `str[^`]*`, got `(int|float|bool)`", message):
        return "; write it in quotes"
    if "matching regex" in message:
        return f", got {value!r}"
    if message.startswith("Invalid enum value"):
        return f"; {_suggestion(str(value).upper(), [kind.value for kind in StageType])}"
    return ""


def _suggestion(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, 1)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
