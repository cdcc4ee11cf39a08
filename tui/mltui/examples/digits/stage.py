"""What the engine tells a stage: its parameters, its config, and where files lie."""

import json
import os
from pathlib import Path
from typing import Any

PARAMETERS: dict[str, Any] = json.loads(os.environ["MLTUI_PARAMS"])
CONFIG: dict[str, Any] = json.loads(os.environ["MLTUI_STAGE_CONFIG"])
OUTPUT = Path(os.environ["MLTUI_OUTPUT_DIR"])
"""This stage's own folder."""


def output_of(stage: str) -> Path:
    """The folder that an earlier stage of this run wrote into."""
    return Path(os.environ["MLTUI_RUN_DIR"]) / stage
