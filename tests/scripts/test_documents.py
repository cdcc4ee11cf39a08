"""What README.md and docs/ say is so: settings, stage types, links, commands."""

import ast
import re
import shlex
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from mltui.__main__ import parser_for
from mltui.wire.pipelines import PipelineSpec, StageSpec, StageType
from mltui_server import settings

ROOT = Path(__file__).parents[2]
OPERATING = (ROOT / "docs" / "operating.md").read_text()
PIPELINES = (ROOT / "docs" / "pipelines.md").read_text()
PAGES = [
    ROOT / "README.md",
    *(ROOT / "docs" / f"{name}.md" for name in ("operating", "pipelines", "influxdb", "models")),
]


def settings_rows() -> list[str]:
    """The settings table, from the names, defaults and docstrings in mltui_server.settings."""
    source = ast.parse(Path(settings.__file__).read_text())
    body = next(node.body for node in source.body if isinstance(node, ast.ClassDef) and node.name == "Settings")
    documented = {
        field.target.id: text.value.value
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr)
    }
    defaults = settings.Settings()
    return [
        f"| `{variable}` | `{field}` | {said(getattr(defaults, field))} | {' '.join(documented[field].split())} |"
        for field, variable in settings.variables().items()
    ]


def said(default: object) -> str:
    return f"{default:,}" if isinstance(default, int) and default > 10_000 else str(default or "")


def test_every_setting_is_documented_as_it_is():
    rows = [line for line in OPERATING.splitlines() if line.startswith("| `") and line.count("|") == 5]
    assert rows[: len(settings_rows())] == settings_rows()


@pytest.mark.parametrize("spec", [PipelineSpec, StageSpec])
def test_every_key_is_documented(spec: type[msgspec.Struct]):
    for field in msgspec.structs.fields(spec):
        assert f"\n| `{field.encode_name}` |" in PIPELINES


def test_every_stage_type_is_documented():
    assert set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b|\bCUSTOM\b|\bCLEANUP\b", PIPELINES)) >= {
        str(kind) for kind in StageType
    }


def test_the_tour_starts_the_pipeline_that_it_shows():
    readme = (ROOT / "README.md").read_text()
    shown = re.search(r"    name: (\S+)\n    parameters: \{(\w+):", readme)
    started = re.search(r"mltui pipelines start (\S+) -p (\w+)=", readme)
    assert shown and started and shown.groups() == started.groups()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path):
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_are_ones_that_the_command_line_knows(page: Path):
    found = 0
    for line in page.read_text().splitlines():
        if match := re.match(r" {4}(?:\w+=\S+ )?mltui( .*)?$", line):
            ours, _, _theirs = (match[1] or "").partition(" -- ")
            words = shlex.split(ours, comments=True)
            parser_for(words).parse_args(words)
            found += 1
    assert found
