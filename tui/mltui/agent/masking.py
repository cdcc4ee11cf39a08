"""Takes secrets out of what is said of a command and its code, before anything of it leaves this machine.

A secret is known by the name before it (`--api-key X`, `PASSWORD=X`), by its place (the user of an address), by its
own shape (tokens of well-known services), or because an environment variable of such a name has that value.
Whoever reads must still see that something was there: it becomes `***`.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePath

HIDDEN = "***"
SHORTEST_KNOWN = 6
"""Shorter values of the environment are too common to be looked for everywhere."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SECRET_WORD = re.compile(
    "token|pass(?:wd|word|phrase)?|pwd|pw|secrets?|cred(?:s|entials?)?|key|apikey|auth(?:orization)?|bearer|cookie|dsn"
    "|.+(?:token|passw(?:or)?d|passphrase|secret|(?:api|access|secret)key)"
)
_HARMLESS_FIRST = re.compile("eos|bos|pad|unk|sep|cls|mask|max|min|num|new|sort|primary|foreign")
"""`eos_token`, `max_token`, `sort_key`: a model's and a table's words."""
_HARMLESS_LAST = re.compile("file|path|dir|name")
_WORKING_DIRECTORIES = ("PWD", "OLDPWD")

_SHAPES = re.compile(
    r"""
    (?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}                      # AWS
    | gh[pousr]_[A-Za-z0-9]{20,} | github_pat_\w{22,}        # GitHub
    | glpat-[\w-]{20,}                                       # GitLab
    | xox[abeoprs]-[\w-]{10,} | hooks\.slack\.com/services/[\w/]+
    | eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*                        # JSON web tokens
    | sk-[\w-]{20,} | [srp]k_(?:live|test)_\w{10,}           # OpenAI, Anthropic; Stripe
    | hf_[A-Za-z0-9]{20,} | dapi[0-9a-f]{32}                 # Hugging Face, Databricks
    | AIza[\w-]{35} | ya29\.[\w-]{20,}                       # Google
    | npm_[A-Za-z0-9]{36} | pypi-[\w-]{50,}
    | SG\.[\w-]{16,}\.[\w-]{16,} | do[opr]_v1_[0-9a-f]{64}   # SendGrid, DigitalOcean
    | (?<=AccountKey=)[^;\s"']+ | (?<=sig=)[\w%+/=-]{20,}    # Azure
    """,
    re.VERBOSE,
)
_PEM = re.compile(r"(-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----).*?(-----END [A-Z0-9 ]*-----|\Z)", re.DOTALL)
_USER = re.compile(r"(?<=://)[^\s/?#\"'`]*@")
_SCHEME = re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]{6,}")
_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_NAMED = re.compile(r"-{0,2}([A-Za-z_][\w.-]*)[=:]\s*(?=\S)")
_VALUE = r"""(?:"(?:\\.|[^"\\])*"?|'[^']*'?|\\.|[^\s;&|"'\\])+"""
_AFTER_EQUALS = re.compile(rf"""["'\]]*\s*(?:=>|:=|[=:])\s*(?P<value>{_VALUE})""")
_AFTER_FLAG = re.compile(rf"[ \t]+(?P<value>(?!-){_VALUE})")
_REST = re.compile(r"""["'\]]*\s*(?:=>|:=|[=:])\s*(?P<value>\S.*)|[ \t]+(?P<last>\S+)[ \t]*$""")
_BASE64_LINE = re.compile(r"^([-+ ]\s*)[A-Za-z0-9+/=]{40,}\s*$")
_LITERAL = re.compile(r"""(["'`])(?:\\.|(?!\1).)*(\1|$)""")
_CODE = re.compile(r"\.(?:pyx?|[jt]sx?|java|scala|kt|go|rs|c|cc|cpp|cu|h|hpp|r|jl|rb|lua|swift)")
"""Where a value is a secret only as a string: `key = split(key)` is to be read."""


def is_secret(name: str) -> bool:
    """Whether what has this name is not to be read by others.

    >>> is_secret("WANDB_API_KEY"), is_secret("dbPassword"), is_secret("tokenizer"), is_secret("eos_token")
    (True, True, False, False)
    """
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or name in _WORKING_DIRECTORIES:
        return False
    if _HARMLESS_FIRST.fullmatch(words[0]) or _HARMLESS_LAST.fullmatch(words[-1]):
        return False
    if "connectionstring" in "".join(words):
        return True
    return any(map(_SECRET_WORD.fullmatch, words))


class Mask:
    """Knows the secrets of one environment, and what secrets look like."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        known = {value for name, value in environment.items() if is_secret(name) and len(value) >= SHORTEST_KNOWN}
        # The longest first: one may be part of another.
        self._known = sorted(known, key=len, reverse=True)

    def text(self, text: str) -> str:
        """A line for a shell, an address, a message."""
        text = self._shapes(text)
        return _after_names(_after_names(text, _AFTER_EQUALS), _AFTER_FLAG, flags=True)

    def command(self, words: Iterable[str]) -> list[str]:
        """The words of a command line."""
        masked: list[str] = []
        follows = False
        for word in words:
            masked.append(HIDDEN if follows and not word.startswith("-") else self._word(word))
            follows = word.startswith("-") and not re.search(r"[\s=]", word) and is_secret(word)
        return masked

    def _word(self, word: str) -> str:
        """All that follows `--password=`, whatever a shell would make of it."""
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
                lines.append(_without_strings(line))
            else:
                lines.append(_after_names(_BASE64_LINE.sub(rf"\1{HIDDEN}", line), _REST))
        return "\n".join(lines)

    def _shapes(self, text: str) -> str:
        for secret in self._known:
            text = text.replace(secret, HIDDEN)
        text = _PEM.sub(rf"\1{HIDDEN}\2", text)
        text = _USER.sub(f"{HIDDEN}@", text)
        return _SCHEME.sub(rf"\1 {HIDDEN}", _SHAPES.sub(HIDDEN, text))


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
