"""A line of a log among other words: its beginning and its end. Pure."""

HEAD, TAIL = 200, 100
"""Characters that say what happened: what kind of line it is, and what it ends in."""


def shortened(line: str) -> str:
    """`line`, without what is in the middle where that is long; how much that is, stands there.

    >>> shortened("x" * 5000) == "x" * 200 + " … 4,700 characters … " + "x" * 100
    True
    """
    left_out = len(line) - HEAD - TAIL
    mark = f" … {left_out:,} characters … "
    return f"{line[:HEAD]}{mark}{line[-TAIL:]}" if left_out > len(mark) else line
