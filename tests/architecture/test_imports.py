"""The start-up import budget: what is not needed is not loaded."""

import json
import subprocess
import sys

import pytest

HEAVY = ("textual", "httpx", "websockets", "psutil", "yaml", "mltui_server", "sqlalchemy", "litestar")


def loaded(statement: str) -> set[str]:
    """Top-level names of the modules that a fresh interpreter has loaded after `statement`."""
    program = (
        f"import sys, json\ntry:\n    {statement}\nexcept SystemExit: pass\n"
        "print('\\n' + json.dumps([name.partition('.')[0] for name in sys.modules]))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(json.loads(result.stdout.splitlines()[-1]))


MAIN = "import sys; sys.argv = ['mltui', {!r}]; import mltui.__main__; mltui.__main__.main()"


@pytest.mark.parametrize(
    "statement",
    ["import mltui", MAIN.format("--version"), "import mltui.wire.runs, mltui.wire.samples"],
    ids=["import", "version", "wire"],
)
def test_the_cheap_ways_in_load_nothing_heavy(statement: str):
    assert loaded(statement) & set(HEAVY) == set()


def test_help_loads_neither_the_console_nor_the_server():
    assert loaded(MAIN.format("--help")) & {"textual", "mltui_server", "sqlalchemy"} == set()


def test_the_sdk_loads_neither_the_console_nor_the_server():
    assert loaded("from mltui import start_run") & {"textual", "mltui_server", "sqlalchemy", "numpy"} == set()


def test_the_client_loads_neither_the_console_nor_the_server():
    assert loaded("import mltui.client, mltui.stream") & {"textual", "mltui_server", "sqlalchemy"} == set()
