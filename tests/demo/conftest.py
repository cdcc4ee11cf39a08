"""Runs the stages of a shipped example by hand, with the environment that the engine would give them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from examples import EXAMPLES, RunStage, example


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    return tmp_path / "run"


@pytest.fixture
def run_stage(tmp_path: Path, run_dir: Path) -> RunStage:
    """`run_stage("digits", "ingest", corrupt=3)`: what the command said and how it ended."""

    def run(name: str, stage_name: str, **parameters: float) -> subprocess.CompletedProcess[str]:
        spec = example(name)
        stage = next(stage for stage in spec.stages if stage.name == stage_name)
        output = run_dir / stage_name
        output.mkdir(parents=True, exist_ok=True)
        env = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "MLTUI_PARAMS": json.dumps({**spec.parameters, "pace_ms": 0, **parameters}),
            "MLTUI_STAGE_CONFIG": json.dumps(stage.config),
            "MLTUI_RUN_DIR": str(run_dir),
            "MLTUI_OUTPUT_DIR": str(output),
            # Nobody listens here: what is logged stays in the spool, and nothing waits for it.
            "MLTUI_URL": "http://127.0.0.1:9",
            "MLTUI_RUN_ID": str(uuid4()),
            "MLTUI_SPOOL": str(tmp_path / "spool"),
            "MLTUI_DRAIN_S": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = ["sh", "-c", stage.command] if isinstance(stage.command, str) else stage.command
        done = subprocess.run(command, cwd=EXAMPLES / name, env=env, capture_output=True, timeout=120, check=False)
        # Not text=True, which would make a new line of each `\r` of a progress bar.
        return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())

    return run
