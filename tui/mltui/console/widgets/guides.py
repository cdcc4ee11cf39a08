"""The lines before a name in a tree, where there is little room: names matter more. Pure."""

from mltui.console.state.stages import GUIDE


def narrowed(guide: str, room: int) -> str:
    """In two columns a level; where that is more than `room` columns, how deep it is.

    >>> narrowed("│  └─ ", 4), narrowed("│        └─ ", 6)
    ('│ └ ', '‥4  └ ')
    """
    narrow = "".join(f"{guide[at]} " for at in range(0, len(guide), GUIDE))
    if len(narrow) <= room:
        return narrow
    depth = f"‥{len(guide) // GUIDE} "
    return depth.ljust(room - 2) + narrow[-2:] if len(depth) + 2 <= room else depth[:room]
