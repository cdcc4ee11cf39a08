"""What stands in a widget that has nothing to draw. Pure."""

import textwrap

from rich.cells import cell_len

COMMAND = "mltui "
"""How a line begins that is for a shell."""


def placed(words: str, width: int, height: int) -> dict[int, str]:
    r"""`words` by line, in the middle of `width` × `height` cells; as they are broken, and where they must be.

    >>> placed("Nothing yet.\n\ncurl there", 16, 5)
    {1: '  Nothing yet.', 2: '', 3: '  curl there'}
    """
    broken = [piece for line in words.split("\n") for piece in _broken(line, max(2, width))]
    left = " " * max(0, (width - max(map(cell_len, broken))) // 2)
    top = max(0, (height - len(broken)) // 2)
    return {top + at: (left + line).rstrip() for at, line in enumerate(broken)}


def _broken(line: str, width: int) -> list[str]:
    if cell_len(line) <= width:
        return [line]
    return _continued(line, width) if line.startswith(COMMAND) else textwrap.wrap(line, width)


def _continued(command: str, width: int) -> list[str]:
    r"""A command in lines that mean the same to a shell, copied all together.

    >>> _continued("mltui models register --run RUN", 20)
    ['mltui models \\', 'register --run RUN']
    >>> _continued("mltui apply /opt/far/away.yaml", 14)
    ['mltui apply \\', '/opt/far/away\\', '.yaml']
    """
    room = width - len(" \\")
    lines, line = list[str](), ""
    for word in command.split():
        if line and len(line) + 1 + len(word) > room:
            lines.append(f"{line} \\")
            line = word
        else:
            line = f"{line} {word}".lstrip()
        # In the middle of a word nothing but the backslash may stand: such a line is as wide as all of it.
        while len(line) > room:
            lines.append(f"{line[: width - 1]}\\")
            line = line[width - 1 :]
    return [*lines, line]
