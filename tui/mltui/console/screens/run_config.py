"""The last tab of a run: the pipeline's definition as it was when the run was made, and the parameters."""

from typing import Any

import msgspec
from rich.text import Text

from mltui.console.screens.text_page import fact, heading
from mltui.console.state.parameters import as_text
from mltui.wire.runs import RunDetail


def config(run: RunDetail) -> list[Text]:
    """The page's lines."""
    started: dict[str, Any] = run.run_config.get("parameters", {})
    given = {name: as_text(value) for name, value in started.items()}
    defaults = {name: as_text(value) for name, value in run.definition.parameters.items()}
    lines = [heading("Parameters")]
    for name, value in sorted({**given, **run.parameters}.items()):
        text = fact(name, value, max(18, len(name) + 2))
        if name in defaults and defaults[name] != value:
            text.append(f"   default {defaults[name]}", "accent")
        elif name not in given:
            text.append("   recorded by the program", "muted")
        lines.append(text)
    if len(lines) == 1:
        lines.append(Text("none", "muted"))
    return [*lines, Text(), heading("Definition"), *definition_yaml(run)]


def definition_yaml(run: RunDetail) -> list[Text]:
    """What was run, as a pipeline file would say it."""
    import yaml

    plain = _without_empty(msgspec.to_builtins(run.definition))
    written = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)
    return [_coloured(line) for line in written.rstrip().splitlines()]


def _without_empty(value: Any) -> Any:
    """Leaves out what a file would leave out: empty and absent fields."""
    if isinstance(value, dict):
        return {k: _without_empty(v) for k, v in value.items() if v is not None and v not in ("", [], {})}
    return [_without_empty(item) for item in value] if isinstance(value, list) else value


def _coloured(line: str) -> Text:
    body = line.lstrip(" -")
    indent = line[: len(line) - len(body)]
    key, colon, rest = body.partition(":")
    if not colon or " " in key:
        return Text(line)
    return Text().append(indent, "muted").append(key, "series-0").append(colon, "muted").append(rest)
