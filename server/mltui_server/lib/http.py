"""Headers that more than one slice sends."""

import re
from urllib.parse import quote

_PLAIN = re.compile(r"[\w .:-]+", re.ASCII)


def attachment(name: str) -> str:
    """A Content-Disposition: to be saved under this name, whatever is in it.

    >>> attachment("loss.csv")
    'attachment; filename="loss.csv"'
    >>> attachment('loss "1".csv')
    "attachment; filename*=UTF-8''loss%20%221%22.csv"
    """
    if _PLAIN.fullmatch(name):
        return f'attachment; filename="{name}"'  # the other form is unknown to many, `curl -OJ` among them
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"
