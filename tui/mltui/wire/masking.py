"""Takes secrets out of what is said of a command and its code: of what is run, before any of it leaves the machine;
of what is kept for others, before it is kept.

A secret is known by the name before it (`--api-key X`, `PASSWORD=X`), by its place (the user of an address,
`curl -u user:X`, `mysql -pX`), by its own shape (tokens of well-known services), or because an environment variable of
such a name has that value.
Whoever reads must still see that something was there: it becomes `***`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from mltui.wire.quoting import INTERPRETER, SCRIPT_FLAG, TAKES_A_WORD, WORD, Quotes, Value
from mltui.wire.secrets import HIDDEN, SHAPES, is_secret

SHORTEST_KNOWN = 6
"""Shorter values of the environment are too common to be looked for everywhere."""

_PEM = re.compile(r"(-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----).*?(-----END [A-Z0-9 ]*-----|\Z)", re.DOTALL)
_USER = re.compile(r"(?<=://)[^\s/?#\"'`]*@")
_SCHEME = re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]{6,}")
_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_NAMED = re.compile(r"-{0,2}([A-Za-z_][\w.-]*)[=:]\s*(?=\S)")
_AFTER_EQUALS = re.compile(r"""["'\]]*[ \t]*(?:(?:=>|:=|={2,3})[ \t]+|=[ \t]*|:\s*)(?=\S)""")
_AFTER_FLAG = re.compile(r"""(?:[ \t]+|,\s*(?=\\?["']))(?![-\s])""")
_REST = re.compile(r"""["'\]]*\s*(?:=>|:=|[=:])\s*(?P<value>\S.*)|[ \t]+(?P<last>\S+)[ \t]*$""")
_FLAG = re.compile(r"-[^\s=]*")
_USER_FLAG = re.compile(r"-u|--(?:proxy-)?user")
_USER_WORD = re.compile(r"(?:-u(?=[^\s:=]+:)|--(?:proxy-)?user=)")
_AFTER_USER = re.compile(rf"(?<![\w-])(?:(?:{_USER_FLAG.pattern})[ \t]+|{_USER_WORD.pattern})")
_MYSQL = re.compile(r"(?:mysql\w*|mariadb(?:-\w+)*|mycli)")
"""Elsewhere -p is a port or a path."""
_MYSQL_WORD = re.compile("-p.", re.DOTALL)
_MYSQL_LINE = re.compile(rf"(?<![\w.-]){_MYSQL.pattern}(?:[ \t]+{WORD})+", re.DOTALL)
_AFTER_P = re.compile(r"(?<=[ \t])-p(?=\S)")
_INTERPRETER, _SCRIPT_FLAG, _TAKES_A_WORD = map(re.compile, (INTERPRETER, SCRIPT_FLAG, TAKES_A_WORD))
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
        """A line for a shell, JSON, an address, a message."""
        text = _after_options(self._shapes(text))
        return _after_names(_after_names(text, _AFTER_EQUALS), _AFTER_FLAG, flags=True)

    def command(self, words: Iterable[str]) -> list[str]:
        """The words of a command line."""
        masked: list[str] = []
        before, mysql, interpreter = "", False, False
        for word in words:
            if interpreter and _SCRIPT_FLAG.fullmatch(before):
                masked.append(self.text(word))
            else:
                masked.append(self._word(word, before, mysql=mysql))
            program = PurePath(word).name
            # Up to its script, or to the file that it runs.
            interpreter = _INTERPRETER.fullmatch(program) is not None or (
                interpreter and (word.startswith(("-", "+")) or _TAKES_A_WORD.fullmatch(before) is not None)
            )
            # `-pw1`, `-uada:w1`: a password is no name of one.
            glued = (mysql and _MYSQL_WORD.match(word)) or (":" in word and _USER_WORD.match(word))
            before = "" if glued else word
            mysql = mysql or _MYSQL.fullmatch(program) is not None
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
                lines.append(_to_the_end(_BASE64_LINE.sub(rf"\1{HIDDEN}", _after_options(line))))
        return "\n".join(lines)

    def _shapes(self, text: str) -> str:
        for secret in self._known:
            text = text.replace(secret, HIDDEN)
        text = _PEM.sub(rf"\1{HIDDEN}\2", text)
        text = _USER.sub(f"{HIDDEN}@", text)
        return _SCHEME.sub(rf"\1 {HIDDEN}", SHAPES.sub(HIDDEN, text))


def _after_options(text: str) -> str:
    """Hide what stands in the place of a secret in the options of curl, mysql and their like."""
    quotes = Quotes(text)
    lines = (_AFTER_P.finditer(text, *line.span()) for line in _MYSQL_LINE.finditer(text))
    text = _with(text, ((value, HIDDEN) for line in lines for option in line if (value := quotes.word(option.end()))))
    quotes = Quotes(text)
    users = filter(None, (quotes.word(option.end()) for option in _AFTER_USER.finditer(text)))
    return _with(text, ((value, _of_user(text[value.start : value.end])) for value in users))


def _with(text: str, values: Iterable[tuple[Value, str]]) -> str:
    """Other words in the place of values, which come in their order."""
    pieces, at = [], 0
    for value, shown in values:
        if value.start >= at:
            pieces += [text[at : value.start], shown]
            at = value.end
    return "".join([*pieces, text[at:]])


def _of_user(value: str) -> str:
    """`user:secret` without the secret; in the quotes that it stands in."""
    user, _, secret = value.partition(":")
    quote = value[0] if secret and value[0] in "\"'" and value.endswith(value[0]) else ""
    return f"{user}:{HIDDEN}{quote}" if secret.removesuffix(quote) else value


def _after_names(text: str, separator: re.Pattern[str], *, flags: bool = False) -> str:
    """Hide the value behind each name of a secret and `separator`; with `flags`, of one with a dash before it."""
    return _with(text, ((value, HIDDEN + value.after) for value in _values(text, separator, flags=flags)))


def _values(text: str, separator: re.Pattern[str], *, flags: bool) -> Iterator[Value]:
    quotes, end = Quotes(text), 0
    for name in _NAME.finditer(text):
        if name.start() < end or not is_secret(name[0]) or (flags and text[name.start() - 1 : name.start()] != "-"):
            continue
        if value := quotes.value(name, separator):
            end = value.end
            yield value


def _to_the_end(text: str) -> str:
    """Hide the rest of each line behind the name of a secret."""
    pieces, at = [], 0
    for name in _NAME.finditer(text):
        if name.start() >= at and is_secret(name[0]) and (found := _REST.match(text, name.end())):
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
        return _to_the_end(literal[0][:-1]) + ended

    return _LITERAL.sub(hide, line)


def without_secrets(value: Any) -> Any:
    """What is JSON-able, with `***` for all that stands under the name of a secret, and for those in a command; what is
    empty stays to be seen.

    >>> without_secrets({"lr": 0.1, "api_key": "x", "env": [{"DB_PASSWORD": "y", "NO_TOKEN": ""}]})
    {'lr': 0.1, 'api_key': '***', 'env': [{'DB_PASSWORD': '***', 'NO_TOKEN': ''}]}
    >>> without_secrets({"command": "./load --user me --password x"})
    {'command': './load --user me --password ***'}
    """
    if isinstance(value, Mapping):
        mask = Mask(_environment(value))
        return {name: _kept(name, item, mask) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [without_secrets(item) for item in value]
    return value


def _environment(fields: Mapping[str, Any]) -> Mapping[str, str]:
    """The variables that a command gets which stands beside them."""
    variables = fields.get("env")
    if not isinstance(variables, Mapping):
        return {}
    return {name: value for name, value in variables.items() if isinstance(value, str)}


def _kept(name: str, value: Any, mask: Mask) -> Any:
    if _hides(name, value):
        return HIDDEN
    if name == "command" and isinstance(value, str):
        return mask.text(value)
    if name == "command" and isinstance(value, Sequence) and all(isinstance(word, str) for word in value):
        return mask.command(value)
    return without_secrets(value)


def _hides(name: str, value: Any) -> bool:
    # Neither a flag nor a fraction is one: `use_auth: true`, `token_accuracy: 0.9`.
    return is_secret(name) and not (value is None or isinstance(value, (bool, float)) or value in ("", [], {}))
