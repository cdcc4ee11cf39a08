"""What is a secret, by its name or by its own shape, and what stands in its place."""

import re

HIDDEN = "***"

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SECRET_WORD = re.compile(
    "token|pass(?:wd|word|phrase)?|pwd|pw|secrets?|cred(?:s|entials?)?|key|apikey|auth(?:orization)?|bearer|cookie|dsn"
    "|.+(?:token|passw(?:or)?d|passphrase|secret|(?:api|access|secret)key)"
)
_HARMLESS_FIRST = re.compile("eos|bos|pad|unk|sep|cls|mask|max|min|num|new|sort|primary|foreign")
"""`eos_token`, `max_token`, `sort_key`: a model's and a table's words."""
_HARMLESS_LAST = re.compile("file|path|dir|name")
_WORKING_DIRECTORIES = ("PWD", "OLDPWD")

SHAPES = re.compile(
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
"""Tokens of well-known services."""


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
