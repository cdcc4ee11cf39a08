"""Parameters as people type them: each has the type of the pipeline's default, and a fault says what would be right."""

import json
import math
from typing import Any

from mltui.wire.base import to_number

Value = str | int | float | bool | None


def as_text(value: Any) -> str:
    """How a value stands in a form.

    >>> as_text(0.05), as_text(True), as_text(None), as_text("adam")
    ('0.05', 'true', '', 'adam')
    """
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def kind(default: Any) -> str:
    """What a form says of a parameter's type."""
    match default:
        case bool():
            return "true or false"
        case int():
            return "whole number"
        case float():
            return "number"
        case None:
            return "any"
        case _:
            return "text"


def parse(text: str, default: Any) -> Value:
    """`text` in the type of `default`; for None, whatever JSON makes of it. Raises ValueError with what is wrong."""
    text = text if isinstance(default, str) else text.strip()
    match default:
        case str():
            return text
        case bool():
            if text.lower() not in ("true", "false", "yes", "no", "1", "0"):
                raise ValueError("true or false")
            return text.lower() in ("true", "yes", "1")
        case int():
            return _whole(text)
        case float():
            return _number(text)
        case _:
            return _anything(text)


def changed(typed: dict[str, str], defaults: dict[str, Any]) -> dict[str, Value]:
    """What differs from the defaults. Raises ValueError."""
    values = {name: parse(text, defaults[name]) for name, text in typed.items()}
    return {name: value for name, value in values.items() if value != defaults[name]}


def _number(text: str) -> float | str:
    """NaN and the infinities as the words that JSON carries them in: as floats they would arrive as null."""
    try:
        number = float(text)
    except ValueError:
        raise ValueError("a number, as in 0.05 or 1e-3") from None
    if math.isinf(number) and "inf" not in text.lower():
        raise ValueError("a number below 1.8e308")
    return to_number(number)


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        raise ValueError("a whole number, as in 600") from None
    if not number.is_integer():
        raise ValueError("a whole number, as in 600")
    return int(number)


def _anything(text: str) -> Value:
    if not text:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if isinstance(value, float):
        return to_number(value)
    return value if isinstance(value, str | int | bool | None) else text
