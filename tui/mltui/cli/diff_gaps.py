"""What of a run's changes `git apply` cannot make, by file: what was masked, is not UTF-8, or is binary."""

import re
from collections import Counter
from collections.abc import Iterator

from mltui.wire.counting import counted
from mltui.wire.secrets import HIDDEN

_FILE = re.compile(r'diff --git .* "?b/(.+?)"?')
NOT_UTF8 = "\ufffd"


def gaps(diff: str) -> Iterator[str]:
    """A sentence for each kind of them, and one that says how to have the rest."""
    masked, foreign, binary = Counter[str](), Counter[str](), Counter[str]()
    file = ""
    for line in diff.split("\n"):
        if found := _FILE.fullmatch(line):
            file = found[1]
        elif line.startswith("Binary files "):
            binary[file] += 1
        elif line.startswith(("+", "-", " ")):
            masked.update([file] * (HIDDEN in line))
            foreign.update([file] * (NOT_UTF8 in line))
    if masked:
        yield f"{_lines(masked)} with {HIDDEN} in {', '.join(masked)}: where that hides a secret, `git apply` " \
              "refuses the changes or writes the stars"  # fmt: skip
    if foreign:
        yield f"{_lines(foreign)} with bytes that are not UTF-8 in {', '.join(foreign)}: `git apply` refuses the " \
              "changes or writes other bytes"  # fmt: skip
    if binary:
        yield f"no changes of binary files are kept, here {', '.join(binary)}: `git apply` refuses the others, too"
    if masked or foreign or binary:
        yield "`git apply --exclude=FILE` leaves a file out"


def _lines(files: Counter[str]) -> str:
    return counted(files.total(), "line")
