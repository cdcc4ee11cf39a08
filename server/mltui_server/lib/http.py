"""Headers that more than one slice sends."""

from urllib.parse import quote


def attachment(name: str) -> str:
    """A Content-Disposition: to be saved under this name, whatever is in it.

    >>> attachment('loss "1".csv')
    "attachment; filename*=UTF-8''loss%20%221%22.csv"
    """
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"
