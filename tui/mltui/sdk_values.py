"""What the values are that a program gives to its run."""

import operator
import re
from typing import Any, SupportsFloat, SupportsIndex

from mltui.agent.text import UNSTORABLE
from mltui.wire.base import to_number
from mltui.wire.samples import MAX_KEY, MAX_STEP, RESOURCE_PREFIX

_CONTROL = re.compile(r"[\x00-\x1f]")
Parameter = str | int | float | bool | None


def number(key: str, value: SupportsFloat) -> float:
    """Of one key; NaN and infinities too. Raises TypeError for what is none."""
    if getattr(value, "ndim", 0) == 0 and not isinstance(value, str | bytes | bytearray):
        try:
            return float(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise TypeError(f"{key!r}: {value!r} is not a number ({error})") from error
    raise TypeError(f"{key!r}: {type(value).__name__} is not a number; log one number a key")


def checked(key: str) -> str:
    """The key. Raises TypeError or ValueError for what cannot be one."""
    if not isinstance(key, str):
        raise TypeError(f"a key is a string, not {key!r}")
    if not 1 <= len(key) <= MAX_KEY or _CONTROL.search(key) or UNSTORABLE.search(key):
        raise ValueError(f"{key!r}: a key has 1 to {MAX_KEY} characters, none of them control characters")
    if key.startswith(RESOURCE_PREFIX):
        raise ValueError(f"{key!r}: keys that begin with {RESOURCE_PREFIX} are the agent's")
    return key


def step_number(step: SupportsIndex) -> int:
    """Raises TypeError for what is no whole number, ValueError for one too large."""
    given = operator.index(step)
    if abs(given) > MAX_STEP:
        raise ValueError(f"step {given}: steps are at most {MAX_STEP}, the whole numbers that charts can hold exactly")
    return given


def parameter(value: Any) -> Parameter:
    """As it is, a NumPy scalar as Python's, anything else (a path, a list) as its text."""
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def for_json(parameters: dict[str, Parameter]) -> dict[str, Parameter]:
    """With NaN and infinities as JSON has them."""
    return {k: to_number(v) if isinstance(v, float) else v for k, v in parameters.items()}
