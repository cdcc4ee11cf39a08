"""A line of a log can be coloured; it cannot do anything else to the terminal."""

import re

from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from mltui.console.widgets.ansi import parse
from mltui.console.widgets.log_lines import Ink, draw, row_width, wrap

PLAIN = Ink(Style.null(), Style(reverse=True), None)


def text_of(line: str) -> str:
    return "".join(piece for piece, _ in parse(line))


@given(st.text(st.one_of(st.sampled_from("\x1b[]0123;m\x07\\\r\tPX^_?hJ\x9b"), st.characters()), max_size=60))
def test_no_control_character_survives(line: str) -> None:
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text_of(line))


def test_titles_clipboards_cursor_and_modes_vanish_whole() -> None:
    evil = "a\x1b]0;owned\x07b\x1b]52;c;ZXZpbA==\x1b\\c\x1b[2J\x1b[10;10Hd\x1b[?1049he\x1bP+q\x1b\\f\x1bc"
    assert text_of(evil) == "abcdef"


def test_colours_of_all_kinds() -> None:
    spans = parse("\x1b[31mred\x1b[38;5;208morange\x1b[48;2;1;2;3mon\x1b[0mnone\x1b[1;4;92mbright\x1b[39mdefault")
    styles = {text: style for text, style in spans}
    assert styles["red"].color == Color.from_ansi(1)
    assert styles["orange"].color == Color.from_ansi(208)
    assert styles["on"].bgcolor == Color.from_rgb(1, 2, 3)
    assert styles["none"] == Style.null()
    assert styles["bright"].bold and styles["bright"].underline and styles["bright"].color == Color.from_ansi(10)
    assert styles["default"].color is not None and styles["default"].color.is_default


def test_tabs_reach_the_next_multiple_of_eight() -> None:
    assert text_of("a\tbc\td") == "a       bc      d"
    assert text_of("数\tx") == "数      x"


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Cf", "Mn", "Me", "Zl", "Zp"]), max_size=80),
       st.integers(2, 30))  # fmt: skip
def test_wrapping_loses_nothing_and_fits(line: str, width: int) -> None:
    rows = wrap(draw(line, PLAIN), width)
    assert "".join(segment.text for row in rows for segment in row) == text_of(line)
    assert all(row_width(row) <= width for row in rows)


def test_matches_are_highlighted_across_colours() -> None:
    ink = Ink(Style.null(), Style(reverse=True), re.compile("loss=0"))
    row = draw("step 1 loss\x1b[36m=0.5\x1b[0m", ink)
    lit = "".join(text for text, style, _ in row if style is not None and style.reverse)
    assert lit == "loss=0"
    assert "".join(segment.text for segment in row) == "step 1 loss=0.5"
    assert isinstance(row[0], Segment)
