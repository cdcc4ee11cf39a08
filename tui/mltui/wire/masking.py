"""Takes secrets out of what is said of a command and its code, before anything of it leaves this machine.

A secret is known by the name before it (`--api-key X`, `PASSWORD=X`), by its place (the user of an address,
`curl -u user:X`, `mysql -pX`), by its own shape (tokens of well-known services), or because an environment variable of
such a name has that value.
Whoever reads must still see that something was there: it becomes `***`.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePath

from mltui.wire.secrets import HIDDEN, SHAPES, is_secret

SHORTEST_KNOWN = 6
"""Shorter values of the environment are too common to be looked for everywhere."""

_PEM = re.compile(r"(-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----).*?(-----END [A-Z0-9 ]*-----|\Z)", re.DOTALL)
_USER = re.compile(r"(?<=://)[^\s/?#\"'`]*@")
_SCHEME = re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]{6,}")
_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_NAMED = re.compile(r"-{0,2}([A-Za-z_][\w.-]*)[=:]\s*(?=\S)")
_VALUE = r"""(?:"(?:\\.|[^"\\])*"?|'[^']*'?|\\.|[^\s;&|"'\\])+"""
_AFTER_EQUALS = re.compile(rf"""["'\]]*\s*(?:=>|:=|[=:])\s*(?P<value>{_VALUE})""")
_AFTER_FLAG = re.compile(rf"[ \t]+(?P<value>(?!-){_VALUE})")
_REST = re.compile(r"""["'\]]*\s*(?:=>|:=|[=:])\s*(?P<value>\S.*)|[ \t]+(?P<last>\S+)[ \t]*$""")
_FLAG = re.compile(r"-[^\s=]*")
_USER_FLAG = re.compile(r"-u|--(?:proxy-)?user")
_USER_WORD = re.compile(r"(?:-u(?=[^\s:=]+:)|--(?:proxy-)?user=)")
_AFTER_USER = re.compile(rf"(?<![\w-])(?:(?:{_USER_FLAG.pattern})[ \t]+|{_USER_WORD.pattern})(?P<value>{_VALUE})")
_MYSQL = re.compile(r"(?:mysql\w*|mariadb(?:-\w+)*|mycli)")
"""Elsewhere -p is a port or a path."""
_MYSQL_WORD = re.compile("-p.", re.DOTALL)
_MYSQL_LINE = re.compile(rf"(?<![\w.-]){_MYSQL.pattern}(?:[ \t]+{_VALUE})+")
_AFTER_P = re.compile(rf"(?<=[ \t])-p(?P<value>{_VALUE})")
_BASE64_LINE = re.compile(r"^([-+ ]\s*)[A-Za-z0-9+/=]{40,}\s*$")
_LITERAL = re.compile(r"""(["'`])(?:\\.|(?!\1).)*(\1|$)""")
_CODE = re.compile(r"\.(?:pyx?|[jt]sx?|java|scala|kt|go|rs|c|cc|cpp|cu|h|hpp|r|jl|rb|lua|swift)")
"""Where a value is a secret only as a string: `key = split(key)` is to be read."""


class Mask:
    """Knows the secrets of one environment, and what secrets look like."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        known = {value for name, value in environment.items() if is_secret(name) and len(value) >= SHORTEST_KNOWN}
        # The longest first: one may be part of another.
        self._known = sorted(known, key=len, reverse=True)

    def text(self, text: str) -> str:
        """A line for a shell, an address, a message."""
        text = _after_options(self._shapes(text))
        return _after_names(_after_names(text, _AFTER_EQUALS), _AFTER_FLAG, flags=True)

    def command(self, words: Iterable[str]) -> list[str]:
        """The words of a command line."""
        masked: list[str] = []
        before, mysql = "", False
        for word in words:
            masked.append(self._word(word, before, mysql=mysql))
            # `-pw1`: a password is no name of one.
            before = "" if mysql and _MYSQL_WORD.match(word) else word
            mysql = mysql or _MYSQL.fullmatch(PurePath(word).name) is not None
        return masked

    def _word(self, word: str, before: str, *, mysql: bool) -> str:
        """One word, all of it, whatever a shell would make of it; `mysql` when it is one of that program's."""
        if _FLAG.fullmatch(before) and is_secret(before) and not word.startswith("-"):
            return HIDDEN
        if mysql and _MYSQL_WORD.match(word):
            return f"-p{HIDDEN}"
        if _USER_FLAG.fullmatch(before) and ":" in word:
            return _of_user(self._shapes(word))
        if (option := _USER_WORD.match(word)) and ":" in word:
            return option[0] + _of_user(self._shapes(word[option.end() :]))
        named = _NAMED.match(word)
        return f"{named[0]}{HIDDEN}" if named and is_secret(named[1]) else self.text(word)

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        return {name: HIDDEN if is_secret(name) else self.text(value) for name, value in variables.items()}

    def diff(self, diff: str) -> str:
        """What `git diff` says, line by line: strings in programs, whole values elsewhere."""
        # A removed line that begins with two dashes looks like the name of a file, but not where names stand.
        code, heads = False, True
        lines = []
        for line in self._shapes(diff).split("\n"):
            heads = line.startswith("diff --git ") or (heads and not line.startswith("@@ "))
            if heads and line.startswith(("+++ ", "--- ")):
                code = _CODE.fullmatch(PurePath(line.rstrip().rstrip('"')).suffix.lower()) is not None
                lines.append(line)
            elif code:
                lines.append(_without_strings(_after_options(line)))
            else:
                lines.append(_after_names(_BASE64_LINE.sub(rf"\1{HIDDEN}", _after_options(line)), _REST))
        return "\n".join(lines)

    def _shapes(self, text: str) -> str:
        for secret in self._known:
            text = text.replace(secret, HIDDEN)
        text = _PEM.sub(rf"\1{HIDDEN}\2", text)
        text = _USER.sub(f"{HIDDEN}@", text)
        return _SCHEME.sub(rf"\1 {HIDDEN}", SHAPES.sub(HIDDEN, text))


def _after_options(text: str) -> str:
    """Hide what stands in the place of a secret in the options of curl, mysql and their like."""
    text = _MYSQL_LINE.sub(lambda line: _AFTER_P.sub(f"-p{HIDDEN}", line[0]), text)
    return _AFTER_USER.sub(lambda option: option[0].removesuffix(option["value"]) + _of_user(option["value"]), text)


def _of_user(value: str) -> str:
    """`user:secret` without the secret; in the quotes that it stands in."""
    user, _, secret = value.partition(":")
    quote = value[0] if secret and value[0] in "\"'" and value.endswith(value[0]) else ""
    return f"{user}:{HIDDEN}{quote}" if secret.removesuffix(quote) else value


def _after_names(text: str, after: re.Pattern[str], *, flags: bool = False) -> str:
    """Hide what `after` finds behind the name of a secret; with `flags`, of one with a dash before it."""
    pieces, at = [], 0
    for name in _NAME.finditer(text):
        if name.start() < at or not is_secret(name[0]) or (flags and text[name.start() - 1 : name.start()] != "-"):
            continue
        if found := after.match(text, name.end()):
            start, end = found.span(found.lastgroup or 0)
            pieces += [text[at:start], HIDDEN]
            at = end
    return "".join([*pieces, text[at:]])


def _without_strings(line: str) -> str:
    """A line of a program: behind the name of a secret, no string of it."""
    names = [name for name in _NAME.finditer(line) if name[0] != "key" and is_secret(name[0])]
    if not names:
        return line
    first = names[0].start()

    def hide(literal: re.Match[str]) -> str:
        quote, ended = literal[1], literal[2]
        if literal.end() <= first:
            return literal[0]
        if literal.start() > first:
            return f"{quote}{HIDDEN}{ended}"
        if not ended:
            # An apostrophe in a comment is no quote: nobody knows where strings begin here.
            return line[literal.start() : names[0].end()] + HIDDEN
        return _after_names(literal[0][:-1], _REST) + ended

    return _LITERAL.sub(hide, line)
