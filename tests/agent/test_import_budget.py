"""What importing costs, counted in modules: a program that only says `import mltui` pays for almost nothing."""

import json
import subprocess
import sys

import pytest

FOREIGN = {"textual", "rich", "httpx", "websockets", "litestar", "sqlalchemy", "pynvml", "asyncio", "numpy"}


def modules_after(statement: str) -> set[str]:
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    return set(json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout))


@pytest.fixture(scope="module")
def bare() -> set[str]:
    return modules_after("pass")


def test_import_mltui_is_nearly_free(bare: set[str]) -> None:
    new = modules_after("import mltui") - bare
    assert len(new) <= 12, new


@pytest.mark.parametrize(
    ("statement", "budget"),
    [
        ("from mltui.agent.execute import run_exec", 175),
        ("from mltui.agent.sync import sync", 140),
        ("import mltui; mltui.start_run", 150),
    ],
)
def test_the_agent_and_the_sdk_are_lean(bare: set[str], statement: str, budget: int) -> None:
    new = modules_after(statement) - bare
    assert not {name.split(".")[0] for name in new} & FOREIGN
    assert len(new) <= budget, len(new)
