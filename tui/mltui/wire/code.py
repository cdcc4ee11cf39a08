"""The code version of a run: what its commands were run from."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from mltui.wire.base import Answer, Request

MAX_DIFF = 262_144
"""Characters."""
MAX_UNTRACKED = 200
MAX_PACKAGES = 5_000
MAX_VARIABLES = 200

Diff = Annotated[str, Meta(max_length=MAX_DIFF)]


class RecordCode(Request, kw_only=True):
    """What is known of the code of one scope of a run; secrets are out of it already.

    Several may speak of one scope: the agent, the program in it, a later attempt. Each field keeps what was said of it
    last, by `captured_at`, in whatever order that arrives.
    """

    captured_at: datetime
    scope: Annotated[str, Meta(min_length=1, max_length=250)] = "main"
    commit: str | UnsetType | None = UNSET
    branch: str | UnsetType | None = UNSET
    remote: str | UnsetType | None = UNSET
    dirty: bool | UnsetType = UNSET
    diff: Diff | UnsetType = UNSET
    diff_cut: bool | UnsetType = UNSET
    untracked: Annotated[list[str], Meta(max_length=MAX_UNTRACKED)] | UnsetType = UNSET
    untracked_more: int | UnsetType = UNSET
    trouble: str | UnsetType = UNSET
    command: list[str] | UnsetType = UNSET
    directory: str | UnsetType = UNSET
    host: str | UnsetType = UNSET
    os: str | UnsetType = UNSET
    memory_limit: int | UnsetType = UNSET
    python: str | UnsetType = UNSET
    executable: str | UnsetType = UNSET
    packages: Annotated[dict[str, str], Meta(max_length=MAX_PACKAGES)] | UnsetType = UNSET
    environment: Annotated[dict[str, str], Meta(max_length=MAX_VARIABLES)] | UnsetType = UNSET


class CodeVersion(Answer, kw_only=True):
    """Of one scope: a stage's name, or `main`. Where a secret was stands `***`."""

    scope: str
    captured_at: datetime
    """When the last of it was."""
    commit: str | None = None
    """None outside a git repository, and before its first commit."""
    branch: str | None = None
    """None where HEAD is detached."""
    remote: str | None = None
    """The address that the branch is pushed to."""
    dirty: bool = False
    """Whether tracked files differed from the commit."""
    diff: str = ""
    """What differed, staged or not, as `git diff HEAD` has it."""
    diff_cut: bool = False
    """There was more of it."""
    untracked: list[str] = []
    """Files, and folders that end in `/`, that git knows nothing of."""
    untracked_more: int = 0
    """How many are not listed."""
    trouble: str = ""
    """Why git could not tell."""
    command: list[str] = []
    directory: str = ""
    host: str = ""
    os: str = ""
    memory_limit: int | None = None
    """Bytes that the command may take: of its control group, or else of the machine."""
    python: str = ""
    """Such as `CPython 3.12.1`; empty where the command is no Python that can be told from outside."""
    executable: str = ""
    packages: dict[str, str] = {}
    """Versions by name."""
    environment: dict[str, str] = {}
    """Of the variables that change what programs compute; never all of them."""
