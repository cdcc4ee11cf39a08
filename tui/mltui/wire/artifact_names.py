"""What an artifact may be called, in words for everybody: programs, the command line, the console and the server."""

import msgspec

from mltui.wire.artifacts import ArtifactName
from mltui.wire.base import in_words

MAX_PART = 255
"""Bytes between slashes, as disks have it. What is accepted can be fetched."""


def checked_name(name: str) -> str:
    """The name as it is. Raises ValueError, which says what is wrong with it."""
    try:
        msgspec.convert(name, ArtifactName)
    except msgspec.ValidationError as error:
        raise ValueError(in_words(str(error))) from None
    return with_short_parts(name)


def with_short_parts(name: str) -> str:
    """The name as it is. Raises ValueError where no disk takes it."""
    for part in name.split("/"):
        if (length := len(part.encode(errors="replace"))) > MAX_PART:
            raise ValueError(f"{part[:20]}… is {length} bytes; between slashes disks take {MAX_PART} at most")
    return name
