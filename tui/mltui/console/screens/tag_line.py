"""Tags as a line that people edit: `team=risk urgent`."""

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mltui.console.faults import quoted

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp

HINT = "key=value or key, with spaces between; what you take away is removed"


async def ask_tags(
    app: "MltuiApp", whose: str, before: Mapping[str, str], what: str = HINT
) -> dict[str, str | None] | None:
    """What is to change, None for a tag that goes; empty where nothing is, None where the dialog was left."""
    from mltui.console.screens.ask_text import AskLine

    line = " ".join(shlex.quote(f"{key}={value}" if value else key) for key, value in sorted(before.items()))
    said = await app.push_screen_wait(AskLine(f"Tags of {whose}", what, line, tag_fault))
    if said is None:
        return None
    after = parse_tags(said)
    changed: dict[str, str | None] = {key: value for key, value in after.items() if before.get(key) != value}
    return changed | {key: None for key in before if key not in after}


def parse_tags(line: str) -> dict[str, str]:
    """`team=risk urgent` as tags. Raises ValueError for an open quote or a value without a key."""
    tags = {}
    for word in shlex.split(line):
        key, _, value = word.partition("=")
        if not key:
            raise ValueError(f"{quoted(word)} has no key")
        tags[key] = value
    return tags


def tag_fault(line: str) -> str:
    try:
        parse_tags(line)
    except ValueError as error:
        return str(error)
    return ""
