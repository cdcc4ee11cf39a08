"""What lies where: the top level is short, names say something, every file says what lives in it."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOP_LEVEL = {"pyproject.toml", "server", "tui", "docker-compose.yml", "scripts", "tests", "README.md", "docs"}
SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "data", "info"}
MAX_LINES = 400
TRACKED = [
    Path(line)
    for line in subprocess.run(
        ["git", "ls-files", "--cached"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    if (ROOT / line).exists()
]
GENERATED = "migrations/versions/"
OURS = [
    path
    for path in TRACKED
    if path.suffix == ".py" and path.parts[0] in ("server", "tui", "scripts") and GENERATED not in str(path)
]


def test_the_top_level_is_short():
    entries = {path.parts[0] for path in TRACKED}
    assert {name for name in entries if not name.startswith(".")} <= TOP_LEVEL


def test_names_say_something():
    assert [str(path) for path in OURS if path.stem in SAY_NOTHING] == []


@pytest.mark.parametrize("path", OURS, ids=str)
def test_a_file_says_what_lives_in_it(path: Path):
    assert ast.get_docstring(ast.parse((ROOT / path).read_text())), f"{path} begins without a docstring"


def test_files_are_one_idea():
    sizes = {str(path): len((ROOT / path).read_text().splitlines()) for path in OURS}
    assert {path: size for path, size in sizes.items() if size > MAX_LINES} == {}


def test_the_contract_of_layers_is_complete():
    """Every slice that has a controller is held to its layers by name."""
    slices = {path.parts[2] for path in OURS if path.match("server/mltui_server/*/controller.py")}
    contract = (ROOT / "pyproject.toml").read_text()
    assert [name for name in sorted(slices) if f'"mltui_server.{name}"' not in contract] == []


def test_test_files_have_names_of_their_own():
    """Two that are called alike cannot be collected together."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
