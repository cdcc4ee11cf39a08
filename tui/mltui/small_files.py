"""Which files go to the server in one request."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from mltui.wire.artifacts import SMALL_BYTES, SMALL_FILES, SMALL_TOTAL_BYTES

T = TypeVar("T")


def together(files: Iterable[T], size: Callable[[T], int]) -> Iterator[list[T]]:
    """Files in their order: small ones in groups that may be sent at once, any other alone."""
    group: list[T] = []
    total = 0
    for file in files:
        bytes_ = size(file)
        is_small = bytes_ <= SMALL_BYTES
        if group and (not is_small or len(group) == SMALL_FILES or total + bytes_ > SMALL_TOTAL_BYTES):
            yield group
            group, total = [], 0
        if is_small:
            group.append(file)
            total += bytes_
        else:
            yield [file]
    if group:
        yield group
