"""Links in a folder that is sent: to files of the same folder they are followed, to anything else they are not."""

import os
from pathlib import Path


def not_followed(path: Path, folder: Path) -> str | None:
    """Why, if `path` is such a link."""
    if not path.is_symlink():
        return None
    # Of links in a circle, too.
    target = Path(os.path.realpath(path))
    if not target.exists():
        return "leads nowhere"
    if not target.is_relative_to(os.path.realpath(folder)):
        return f"leads out of {folder}, to {target}; name that itself to have it"
    return "leads to a folder, whose files come by their own names" if target.is_dir() else None
