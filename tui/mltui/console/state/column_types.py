"""Types of columns as people type them in one line: `zip=VARCHAR, price=DECIMAL(10, 2)`."""

import re

import msgspec

from mltui.wire.base import in_words
from mltui.wire.ingestion import ReadOptions
from mltui.wire.sql_types import check_type

_BETWEEN = re.compile(r",(?![^(]*\))")
"""A comma, but in brackets."""


def parse(text: str) -> dict[str, str]:
    """Types by column. Raises ValueError with what is wrong.

    >>> parse("zip=VARCHAR, price=DECIMAL(10, 2)"), parse("")
    ({'zip': 'VARCHAR', 'price': 'DECIMAL(10, 2)'}, {})
    """
    types: dict[str, str] = {}
    for part in _BETWEEN.split(text) if text.strip() else []:
        # A type has no `=`; a name may.
        name, equals, kind = (word.strip() for word in part.rpartition("="))
        if not equals or not name:
            raise ValueError("write COLUMN=TYPE, as in zip=VARCHAR, price=DECIMAL(10, 2)")
        if name in types:
            raise ValueError(f"{name} has two types")
        check_type(kind)
        types[name] = kind
    try:
        return msgspec.convert({"types": types}, ReadOptions).types
    except msgspec.ValidationError as error:
        raise ValueError(in_words(str(error))) from None
