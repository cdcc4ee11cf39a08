"""Fewer bytes for the same picture, which is what makes the console quick over a slow line.

Textual begins each stretch of text with all of its style and ends it with a reset: of a full screen, four bytes in
five are colours. Here a style is said only where it changes, and only what changes of it.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from textual.driver import Driver

_STYLE = re.compile(r"\x1b\[([0-9;]*)m")
_MOVES = re.compile(r"(?:\x1b\[[0-9;]*H|\x1b\[\?2026[hl]|[\r\n])*")
"""Shows nothing, so the style can wait."""
_UNSEEN_ON_BLANKS = {"1", "2", "3", "22", "23"}
"""Bold, dim, italic and their ends."""
RESET = "\x1b[0m"


class _Style(NamedTuple):
    attributes: tuple[str, ...] = ()
    foreground: str = "39"
    background: str = "49"


def thrifty(data: str) -> str:
    """What looks the same on a terminal as `data`, whose style is the default one at both ends."""
    first, *pieces = _STYLE.split(data)
    written = [first]
    now = wanted = ""
    for codes, text in zip(pieces[::2], pieces[1::2], strict=True):
        wanted = "" if codes in ("", "0") else f"{wanted};{codes}" if wanted else codes
        if text and wanted != now and not _can_wait(text, now, wanted):
            written.append(_change(now, wanted))
            now = wanted
        written.append(text)
    if now:
        written.append(RESET)
    return "".join(written)


def thrifty_driver(kind: type[Driver]) -> type[Driver]:
    """The driver `kind`, but sparing with bytes."""

    class ThriftyDriver(kind):  # type: ignore[valid-type, misc]
        def write(self, data: str) -> None:
            super().write(thrifty(data))

    return ThriftyDriver


def _can_wait(text: str, now: str, wanted: str) -> bool:
    """Whether `text` looks the same in the style that is on now as in the one that is wanted."""
    if text.strip(" "):
        return _MOVES.fullmatch(text) is not None
    return _same_on_blanks(now, wanted)


@lru_cache(maxsize=4096)
def _same_on_blanks(old: str, new: str) -> bool:
    before, after = _style(old), _style(new)
    return before.background == after.background and _UNSEEN_ON_BLANKS.issuperset(before.attributes + after.attributes)


@lru_cache(maxsize=4096)
def _change(old: str, new: str) -> str:
    before, after = _style(old), _style(new)
    if not new:
        return RESET
    if before.attributes != after.attributes:
        return f"\x1b[0;{new}m" if old else f"\x1b[{new}m"
    codes = [code for code, had in zip(after[1:], before[1:], strict=True) if code != had]
    return f"\x1b[{';'.join(codes)}m" if codes else ""


@lru_cache(maxsize=4096)
def _style(codes: str) -> _Style:
    """What these codes make of the default style."""
    style = _Style()
    rest = codes.split(";") if codes else []
    while rest:
        code, *rest = rest
        if code in ("38", "48"):
            taken = {"5": 2, "2": 4}.get(rest[0] if rest else "", 0)
            colour, rest = ";".join([code, *rest[:taken]]), rest[taken:]
            style = style._replace(foreground=colour) if code == "38" else style._replace(background=colour)
        elif code in ("", "0"):
            style = _Style()
        elif re.fullmatch(r"3[0-79]|9[0-7]", code):
            style = style._replace(foreground=code)
        elif re.fullmatch(r"4[0-79]|10[0-7]", code):
            style = style._replace(background=code)
        else:
            style = style._replace(attributes=(*style.attributes, code))
    return style
