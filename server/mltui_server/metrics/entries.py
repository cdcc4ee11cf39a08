"""Which entry of a point's labels or buckets is wrong: msgspec says `$.labels[...]` and no more."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from mltui.wire.base import Number

_OPEN = re.compile(r"(?:\.points\[(\d+)\])?\.(labels|buckets)\[\.\.\.\]")
_KINDS: dict[str, Any] = {"labels": str, "buckets": Number}


class _Point(msgspec.Struct):
    labels: dict[str, msgspec.Raw] = {}
    buckets: dict[str, msgspec.Raw] = {}


class _Batch(msgspec.Struct):
    points: list[msgspec.Raw]


def name_entry(path: str, body: bytes, decode: Callable[..., Any]) -> str:
    """`path` with the key that it leaves open, as `$.labels.queue`. `decode`: of msgspec's JSON or MessagePack."""
    found = _OPEN.search(path)
    if found is None:
        return path
    index, name = found.groups()
    point = decode(decode(body, type=_Batch).points[int(index)] if index else body, type=_Point)
    for key, value in getattr(point, name).items():
        try:
            decode(value, type=_KINDS[name])
        except msgspec.ValidationError:
            return path.replace("[...]", f".{key}")
    return path
