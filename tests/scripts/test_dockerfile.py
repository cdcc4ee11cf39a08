"""server/Dockerfile, checked without an engine: it can at least be no worse than this."""

import fnmatch
import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINES = [
    line for line in (ROOT / "server" / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    if line and not line.startswith("#")
]  # fmt: skip
FINAL = LINES[max(i for i, line in enumerate(LINES) if line.startswith("FROM")) :]


def arguments(instruction: str, lines: list[str] = LINES) -> list[str]:
    return [line.removeprefix(instruction).strip() for line in lines if line.startswith(instruction + " ")]


def test_what_it_copies_exists_and_is_not_ignored():
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for copy in arguments("COPY"):
        if copy.startswith("--from"):
            continue
        for source in copy.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert any(source == kept or fnmatch.fnmatch(source, f"{kept}/*") for kept in allowed), source


def test_packages_come_from_hashed_locks():
    installs = [part for line in arguments("RUN") for part in line.split("&&") if "pip install" in part]
    assert installs
    for install in installs:
        assert "--require-hashes" in install or "dist/*.whl" in install, install


def test_images_are_pinned_and_slim():
    for image in arguments("FROM"):
        assert re.match(r"python:\d+\.\d+\.\d+-slim", image), image


def test_it_runs_as_nobody_special_and_stops_on_sigterm():
    assert arguments("USER", FINAL) == ["mltui"]
    assert arguments("STOPSIGNAL", FINAL) == ["SIGTERM"]
    assert arguments("HEALTHCHECK", FINAL)
    # A list: with a shell in between, SIGTERM would not reach the server.
    assert json.loads(arguments("ENTRYPOINT", FINAL)[0]) == ["mltui"]
