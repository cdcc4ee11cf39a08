"""What is a secret, by its name or by its own shape, and how what must not be read by others is written instead."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

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


def without_secrets(value: Any) -> Any:
    """What is JSON-able, with `***` for all that stands under the name of a secret; what is empty stays to be seen.

    >>> without_secrets({"lr": 0.1, "api_key": "x", "env": [{"DB_PASSWORD": "y", "NO_TOKEN": ""}]})
    {'lr': 0.1, 'api_key': '***', 'env': [{'DB_PASSWORD': '***', 'NO_TOKEN': ''}]}
    """
    if isinstance(value, Mapping):
        return {name: HIDDEN if _hides(name, item) else without_secrets(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [without_secrets(item) for item in value]
    return value


def _hides(name: str, value: Any) -> bool:
    # Neither a flag nor a fraction is one: `use_auth: true`, `token_accuracy: 0.9`.
    return is_secret(name) and not (value is None or isinstance(value, (bool, float)) or value in ("", [], {}))
