"""The locks: complete, hashed, and in step with each other."""

import json
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "scripts" / "requirements"
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^]]*\])?==(\S+)(.*)$")


def pins(name: str) -> set[tuple[str, str]]:
    """Package and version; one that differs by Python has several."""
    lines = (FOLDER / f"{name}.txt").read_text().splitlines()
    return {(match[1], match[2]) for line in lines if (match := PIN.match(line))}


@pytest.mark.parametrize("name", ["base", "server", "demo", "build"])
def test_dev_has_what_every_other_lock_has(name: str):
    """scripts/demo takes an environment that scripts/test made as it is."""
    assert pins(name) <= pins("dev")


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_every_pin_has_a_hash_and_names_no_registry(path: Path):
    text = path.read_text()
    entries = re.split(r"\n(?=[a-z0-9])", text)
    assert len(entries) == len(pins(path.stem))
    for entry in entries:
        assert "--hash=sha256:" in entry, entry.splitlines()[0]
    assert "://" not in text


def test_the_node_packages_have_hashes_and_name_no_registry():
    lock = json.loads((FOLDER / "azurite" / "package-lock.json").read_text())
    wanted = json.loads((FOLDER / "azurite" / "package.json").read_text())["dependencies"]
    packages = lock["packages"]
    assert packages.pop("")["dependencies"] == wanted
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    for name, package in packages.items():
        assert package["integrity"].startswith("sha"), name
        assert "resolved" not in package, name
