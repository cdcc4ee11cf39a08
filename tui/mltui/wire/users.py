"""Who a client says that it is."""

import getpass
import os
import unicodedata

USER_HEADER = "X-Mltui-User"
"""Its name in UTF-8, on every request."""


def is_same_user(one: str, other: str) -> bool:
    """Whether two names are one user's, however they are spelled."""
    return one.casefold() == other.casefold()


def user_name() -> str:
    """The login name, as the server keeps names. Containers may have a uid without a name: then `uid 1234`."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):
        name = ""
    # What is no UTF-8 in the environment comes as halves of characters, which are not printable.
    name = "".join(c for c in unicodedata.normalize("NFC", name) if c.isprintable()).strip()
    return name or f"uid {os.getuid()}"
