"""Names in little room: keys of metrics above a column or in a legend. Those that differ stay different. Pure."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, takewhile

from rich.cells import cell_len

LEAST_HEAD = 3
"""Letters of the beginning that stay beside a whole last part."""


@lru_cache(maxsize=4096)
def distinct(names: tuple[str, ...], width: int) -> tuple[str, ...]:
    """Each name in at most `width` columns, two at least.

    Where it fits, the last part of a path stays whole, because it says what was measured; then the cut moves
    to where it leaves the names different.

    >>> distinct(("linear/val/loss", "linear/val/accuracy"), 14)
    ('linear/v…/loss', 'line…/accuracy')
    >>> distinct(("layer.1/norm", "layer.11/norm"), 9)
    ('…r.1/norm', '….11/norm')
    """
    different = len(set(names))
    tries = (
        tuple(_cut(name, width, tail) for name, tail in zip(names, tails, strict=True))
        for tails in _tails(names, width)
    )
    return next((short for short in tries if len(set(short)) == different), _numbered(names, width))


def _tails(names: Sequence[str], width: int) -> Iterator[list[int]]:
    """How many columns of each name's end to keep, the best first."""
    most = max(0, width - 1 - LEAST_HEAD)
    yield [min(most, cell_len(name.rpartition("/")[2]) + 1) for name in names]
    for tail in range(width - 1, -1, -1):
        yield [tail] * len(names)


def _cut(name: str, width: int, tail: int) -> str:
    if cell_len(name) <= width:
        return name
    end = _first(name[::-1], tail)[::-1]
    return _first(name, width - 1 - cell_len(end)) + "…" + end


def _first(name: str, width: int) -> str:
    """As much of its beginning as fits into `width` columns."""
    if name.isascii():
        return name[:width]
    return name[: sum(1 for _ in takewhile(lambda end: end <= width, accumulate(map(cell_len, name))))]


def _numbered(names: Sequence[str], width: int) -> tuple[str, ...]:
    """For names that differ only where no single cut shows it."""
    numbers = {name: f"…{number}" for number, name in enumerate(dict.fromkeys(names), 1)}
    return tuple(_first(name, max(0, width - len(numbers[name]))) + numbers[name] for name in names)
