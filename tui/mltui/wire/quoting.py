"""Where a value ends that stands behind its name, in a line for a shell, in JSON or in a program's own words.

Nobody knows which of them a text is, and one may be quoted in the other: so the quotes around name and value decide.
"""

import re
from typing import NamedTuple

WORD = r"""(?:"(?:\\.|[^"\\])*"?|'[^']*'?|\\.|[^\s;&|"'\\])+"""
"""As a shell takes it: what is quoted in it may have anything in it."""
INTERPRETER = r"(?:ba|da|z|k|fi)?sh|python[\d.]*"
"""A program that takes a script behind `-c`."""
TAKES_A_WORD = r"[-+][oOWX]"
"""An option of such a program that has a word behind it."""
SCRIPT_FLAG = r"-\w*c"

_word = re.compile(WORD, re.DOTALL)
_inside = {
    '"': re.compile(r"""(?:\\"(?:(?!\\").)*\\"|'[^'"]*'|\\.|[^\s;&|"\\])+""", re.DOTALL),
    "'": re.compile(r"""(?:"(?:\\.|[^"\\'])*"|\\[^']|[^\s;&|'])+"""),
}
"""A word within quotes that hold more than it."""
_up_to = {
    '"': re.compile(r'(?:\\.|[^"\\])*', re.DOTALL),
    "'": re.compile(r"[^']*"),
    '\\"': re.compile(r'(?:\\\\\\.|(?!\\").)*', re.DOTALL),
    "\\'": re.compile(r"(?:(?!\\').)*", re.DOTALL),
}
_quoted = re.compile(r"""\\.|"(?:\\.|[^"\\])*"?|'[^']*'?""", re.DOTALL)
_opened = re.compile(r"""(\\?["'])-{0,2}$""")
_before_script = re.compile(
    rf"(?:^|[\s/;&|(\"'`])(?:{INTERPRETER})(?:[ \t]+(?:{TAKES_A_WORD}[ \t]+[\w.:]+|[-+][^\s\"'`]*))*?"
    rf"[ \t]+{SCRIPT_FLAG}[ \t]+$"
)
_BEFORE = 200
"""Characters within which the program of a script stands."""
_value_opens = re.compile(r"""[A-Za-z]{0,2}(\\?["'])""")
_bare = re.compile(r"""(?:"(?:\\.|[^"\\])*"?|'[^']*'?|[^\s,;&|}\])"'])+""", re.DOTALL)
_brackets = re.compile(r"""\\?"(?:\\.|[^"\\])*"?|'[^']*'?|(?P<open>[\[{])|(?P<close>[\]}])""", re.DOTALL)


class Value(NamedTuple):
    start: int
    end: int
    after: str = ""
    """A quote that goes with the value, and must stay."""


class Quotes:
    """What is quoted in one text. It is asked for places in their order."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._spans = (found.span() for found in _quoted.finditer(text) if found[0][0] in "\"'")
        self._span = (0, 0)

    def value(self, name: re.Match[str], separator: re.Pattern[str]) -> Value | None:
        """What stands behind `name` and `separator`; None where nothing does."""
        text = self._text
        opened = _opened.search(text, max(0, name.start() - 4), name.start())
        quote = opened[1] if opened else ""
        alone = bool(quote) and text.startswith(quote, name.end())
        found = separator.match(text, name.end() + len(quote) * alone)
        if found is None:
            return None
        if alone:
            return _member(text, found.end())
        if opened and not _before_script.search(text, max(0, opened.start() - _BEFORE), opened.start()):
            return _rest(text, found.end(), quote)
        return self.word(found.end()) or _matched(_word, text, found.end())

    def word(self, at: int) -> Value | None:
        """The word of a shell that begins at `at`; it ends with the quotes around it."""
        while self._span[1] <= at and (following := next(self._spans, None)):
            self._span = following
        within = self._text[self._span[0]] if self._span[0] < at < self._span[1] else ""
        return _matched(_inside[within] if within else _word, self._text, at)


def _matched(pattern: re.Pattern[str], text: str, at: int) -> Value | None:
    found = pattern.match(text, at)
    return Value(at, found.end()) if found else None


def _member(text: str, at: int) -> Value | None:
    """As behind a name in quotes of its own, in JSON and the like: what is between quotes or brackets, or a word."""
    if text[at : at + 1] in ("{", "["):
        return Value(at, _closed(text, at))
    if not (opens := _value_opens.match(text, at)):
        return _matched(_bare, text, at)
    value = _rest(text, opens.end(), opens[1])
    # Where a shell would go on with the same word, there is more of it than the quotes hold.
    return Value(at, value.end) if value.after else value


def _rest(text: str, at: int, quote: str) -> Value:
    """All up to the end of the quotes that `at` stands in, and of the word that a shell would take it for."""
    found = _up_to[quote].match(text, at)
    end = found.end() if found else at
    after = end + len(quote)
    if text.startswith(quote, end) and text[after : after + 1] in ('"', "'") and (more := _word.match(text, after)):
        return Value(at, more.end(), quote)
    return Value(at, end)


def _closed(text: str, at: int) -> int:
    """Where what the bracket at `at` opens ends; its closing bracket with it."""
    depth = 0
    for found in _brackets.finditer(text, at):
        depth += (found["open"] is not None) - (found["close"] is not None)
        if depth == 0:
            return found.end()
    return len(text)
