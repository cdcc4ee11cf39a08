"""What differs between a run that failed and the last good one of its pipeline. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import msgspec

from mltui.wire.code import CodeVersion
from mltui.wire.masking import without_secrets
from mltui.wire.secrets import HIDDEN, is_secret
from mltui.wire.why import Difference
from mltui_server.code.words import program_of, surroundings_of

LONGEST = 300
"""Characters of a value."""
Kind = Literal["code", "parameter", "config", "pipeline", "data", "environment"]


@dataclass(frozen=True)
class Side:
    """What is known of one run."""

    parameters: Mapping[str, str]
    run_config: Mapping[str, Any]
    definition: Mapping[str, Any]
    environment: str
    inputs: Mapping[str, str]
    """Content by name."""
    code: CodeVersion | None


def differences(good: Side, bad: Side) -> list[Difference]:
    """What changes most programs first: code, parameters, configuration, data; then what is around them."""
    # What only one of them tells is no difference.
    if good.code is None or bad.code is None:
        good, bad = replace(good, code=None), replace(bad, code=None)
    elif not (is_python(good.code) and is_python(bad.code)):
        good, bad = _without_packages(good, good.code), _without_packages(bad, bad.code)
    return [
        *_compared("code", program_of(good.code) if good.code else {}, program_of(bad.code) if bad.code else {}),
        *_compared("parameter", good.parameters, bad.parameters),
        *_compared("config", _config(good.run_config), _config(bad.run_config)),
        *_compared("pipeline", _flat(good.definition), _flat(bad.definition),
                   (_flat(without_secrets(good.definition)), _flat(without_secrets(bad.definition)))),
        *_compared("data", good.inputs, bad.inputs),
        *_compared("environment", _around(good), _around(bad)),
    ]  # fmt: skip


def is_python(code: CodeVersion) -> bool:
    """Whether it says of which Python, and of which packages."""
    return bool(code.python)


def _without_packages(side: Side, code: CodeVersion) -> Side:
    return replace(side, code=msgspec.structs.replace(code, python="", packages={}))


def _compared(
    kind: Kind,
    before: Mapping[str, str],
    after: Mapping[str, str],
    shown: tuple[Mapping[str, str], Mapping[str, str]] | None = None,
) -> Iterator[Difference]:
    """`shown`: both as others may see them, where their names do not tell what is a secret."""
    then, now = shown or (before, after)
    for name in [*after, *(name for name in before if name not in after)]:
        if before.get(name) != after.get(name):
            yield Difference(kind=kind, name=name, before=_told(name, then.get(name)), after=_told(name, now.get(name)))


def _told(name: str, text: str | None) -> str | None:
    """Of a secret only that it is there."""
    if text and is_secret(name.rpartition(".")[2]):
        return HIDDEN
    return text if text is None or len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _config(config: Mapping[str, Any]) -> dict[str, str]:
    return _flat({name: value for name, value in config.items() if name != "parameters"})


def _around(side: Side) -> dict[str, str]:
    around = {"environment": side.environment or "none"}
    if side.code is not None:
        around |= surroundings_of(side.code) | side.code.packages
    return around


def _flat(value: Mapping[str, Any], before: str = "") -> dict[str, str]:
    """Leaves by their path: `stages.train.command`; what has a name goes by it."""
    found: dict[str, str] = {}
    for name, item in value.items():
        path = f"{before}{name}"
        # What a secret consists of stays together, so that its name hides all of it.
        if isinstance(item, Mapping) and not is_secret(name):
            found |= _flat(item, f"{path}.")
        elif isinstance(item, Sequence) and item and all(isinstance(one, Mapping) and "name" in one for one in item):
            for one in item:
                found |= _flat({k: v for k, v in one.items() if k != "name"}, f"{path}.{one['name']}.")
        elif item not in (None, "", [], {}):
            found[path] = item if isinstance(item, str) else msgspec.json.encode(item).decode()
    return found
