"""Fewer bytes, the same picture: shown by a terminal emulator on made-up frames."""

import pyte
from hypothesis import given
from hypothesis import strategies as st

from mltui.console.thrift import thrifty

COLOURS = ["39", "31", "97", "38;5;200", "38;2;1;2;3", "38;2;9;9;9"]
GROUNDS = ["49", "41", "104", "48;5;17", "48;2;13;17;23", "48;2;36;64;95"]
ATTRIBUTES = ["", "1", "3", "4", "7", "9", "1;4"]
styles = st.builds(
    lambda *codes: ";".join(filter(None, codes)),
    st.sampled_from(ATTRIBUTES), st.sampled_from(["", *COLOURS]), st.sampled_from(["", *GROUNDS]),
)  # fmt: skip
styled = st.builds(lambda style, text: f"\x1b[{style}m{text}\x1b[0m", styles, st.text("ab ─", max_size=5))
moves = st.builds(lambda y, x: f"\x1b[{y};{x}H", st.integers(1, 6), st.integers(1, 30))
frames = st.lists(st.one_of(styled, styled, moves, st.sampled_from(["\r\n", "  ", "x", "\x1b[?2026h"])), max_size=30)


def shown(*frames: str) -> list[list[object]]:
    screen = pyte.Screen(40, 30)
    stream = pyte.Stream(screen)
    for frame in frames:
        stream.feed(frame)
    blank = {"bold", "italics", "fg"}
    return [[_seen(screen.buffer[y][x], blank) for x in range(screen.columns)] for y in range(screen.lines)]


def _seen(cell: pyte.screens.Char, unseen_on_blanks: set[str]) -> object:
    """A cell as the eye has it: a blank has a background, and a foreground where that is drawn on it."""
    plain = cell.data == " " and not (cell.underscore or cell.reverse or cell.strikethrough)
    return tuple(value for name, value in cell._asdict().items() if not (plain and name in unseen_on_blanks))


@given(st.lists(frames, max_size=3))
def test_the_picture_is_the_same(frames: list[list[str]]) -> None:
    written = ["".join(pieces) for pieces in frames]
    assert shown(*map(thrifty, written)) == shown(*written)


@given(frames)
def test_each_frame_ends_in_the_default_style(frame: list[str]) -> None:
    assert shown(thrifty("".join(frame)) + "z") == shown("".join(frame) + "z")


def test_a_style_is_said_once() -> None:
    style = "\x1b[1;38;2;1;2;3;48;2;4;5;6m"
    assert thrifty(f"{style}ab\x1b[0m{style}cd\x1b[0m") == f"{style}abcd\x1b[0m"


def test_only_what_changes_is_said() -> None:
    written = "\x1b[38;2;1;2;3;48;2;4;5;6mab\x1b[0m\x1b[38;2;7;8;9;48;2;4;5;6mcd\x1b[0m"
    assert thrifty(written) == "\x1b[38;2;1;2;3;48;2;4;5;6mab\x1b[38;2;7;8;9mcd\x1b[0m"


def test_blanks_need_no_foreground() -> None:
    written = "\x1b[31;44mab\x1b[0m\x1b[32;44m  \x1b[0m\x1b[31;44mcd\x1b[0m"
    assert thrifty(written) == "\x1b[31;44mab  cd\x1b[0m"
