"""What is recorded of the code that runs: from the command's side, and from inside a program."""

import os
import platform
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import psutil

from mltui.agent.git import git_state
from mltui.agent.interpreter import ask, interpreter_of, own
from mltui.agent.oom import memory_limit
from mltui.wire.code import MAX_VARIABLES, RecordCode
from mltui.wire.host import host_name
from mltui.wire.masking import Mask

LONGEST_VALUE = 1_000
"""Characters of a variable's value."""
_SELECTED = (
    "CUDA_", "NVIDIA_", "NCCL_", "OMP_", "MKL_", "OPENBLAS_", "PYTORCH_", "TORCH_", "TF_", "XLA_", "JAX_", "HF_",
    "TRANSFORMERS_", "TOKENIZERS_", "WANDB_", "RAY_", "SPARK_", "SLURM_", "CONDA_DEFAULT_ENV",
    "VIRTUAL_ENV", "PYTHON", "LD_LIBRARY_PATH", "LD_PRELOAD", "PATH", "LANG", "LC_ALL", "TZ", "WORLD_SIZE", "RANK",
    "LOCAL_RANK", "MASTER_ADDR",
)  # fmt: skip
"""Beginnings of the names of variables that change what programs compute."""


def code_of_command(
    command: list[str], scope: str, directory: str, environment: Mapping[str, str], given: Mapping[str, str]
) -> RecordCode:
    """All that can be told of a command before it runs. `given` are the variables that its stage asks for."""
    code = _outside(command, scope, directory, environment, given)
    if (interpreter := interpreter_of(command, directory, environment)) and (
        told := ask(interpreter, directory, environment)
    ):
        code.executable = interpreter
        code.python, code.packages = told
    return code


def code_of_program(scope: str) -> RecordCode:
    """All that can be told of the program that runs this."""
    code = _outside(sys.orig_argv, scope, str(Path.cwd()), os.environ, {})
    _add_interpreter(code)
    return code


def code_of_interpreter(scope: str) -> RecordCode:
    """What only the program knows for sure, where an agent tells the rest."""
    code = RecordCode(scope=scope, captured_at=datetime.now(UTC))
    _add_interpreter(code)
    return code


def _add_interpreter(code: RecordCode) -> None:
    code.python, code.packages = own()
    code.executable = sys.executable


def _outside(
    command: list[str], scope: str, directory: str, environment: Mapping[str, str], given: Mapping[str, str]
) -> RecordCode:
    mask = Mask(environment)
    now, total = datetime.now(UTC), psutil.virtual_memory().total
    state = git_state(directory, environment, mask)
    masked = mask.environment(_selected(environment, given))
    return RecordCode(
        scope=scope,
        captured_at=now,
        command=mask.command(command),
        directory=mask.text(directory),
        host=host_name(),
        os=platform.platform(),
        memory_limit=min(memory_limit() or total, total),
        environment={name: value[:LONGEST_VALUE] for name, value in masked.items()},
        **vars(state),
    )


def _selected(environment: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    chosen = {name: value for name, value in environment.items() if name.startswith(_SELECTED)}
    chosen |= {name: value for name, value in given.items() if not name.startswith("MLTUI_")}
    return {name: chosen[name] for name in sorted(chosen)[:MAX_VARIABLES]}
