"""What stands in a widget that has nothing to draw. Pure."""

import textwrap

from rich.cells import cell_len


def placed(words: str, width: int, height: int) -> dict[int, str]:
    r"""`words` by line, in the middle of `width` × `height` cells; as they are broken, and where they must be.

    >>> placed("Nothing yet.\n\ncurl there", 16, 5)
    {1: '  Nothing yet.', 2: '', 3: '  curl there'}
    """
    broken = [piece for line in words.split("\n") for piece in textwrap.wrap(line, max(1, width)) or [""]]
    left = " " * max(0, (width - max(map(cell_len, broken))) // 2)
    top = max(0, (height - len(broken)) // 2)
    return {top + at: (left + line).rstrip() for at, line in enumerate(broken)}
