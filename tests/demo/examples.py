"""Where the shipped examples lie, and how their files read."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec

from mltui.wire.pipelines import PipelineSpec

EXAMPLES = Path(__file__).parents[2] / "tui" / "mltui" / "examples"

RunStage = Callable[..., subprocess.CompletedProcess[str]]
"""`run_stage("digits", "ingest", corrupt=3)`."""


def example(name: str) -> PipelineSpec:
    return msgspec.yaml.decode((EXAMPLES / name / "pipeline.yaml").read_bytes(), type=PipelineSpec)
