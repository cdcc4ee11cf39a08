"""Types that columns of an ingested table can be given, as SQL calls them."""

import re

SQL_TYPES = (
    "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "FLOAT",
    "DOUBLE", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMPTZ", "UUID", "JSON", "VARCHAR",
)  # fmt: skip
"""And DECIMAL(digits, decimals), and lists of them, as VARCHAR[]."""
MOST_DIGITS = 38
_DECIMAL = re.compile(r"DECIMAL\((\d+), ?(\d+)\)")


def check_type(written: str) -> None:
    """Raises ValueError for what is no type of a column.

    >>> check_type("bigint"), check_type("DECIMAL(10, 2)[]")
    (None, None)
    """
    kind = canonical(written)
    while kind.endswith("[]"):
        kind = kind.removesuffix("[]")
    decimal = _DECIMAL.fullmatch(kind)
    if kind not in SQL_TYPES and not (
        decimal and int(decimal[2]) <= int(decimal[1]) <= MOST_DIGITS and decimal[1] > "0"
    ):
        raise ValueError(f"{written!r} is no type of a column; there are {', '.join(SQL_TYPES)}, DECIMAL(digits, "
                         f"decimals) of up to {MOST_DIGITS} digits, and lists of these, as VARCHAR[]")  # fmt: skip


def canonical(written: str) -> str:
    """As it stands in the list.

    >>> canonical("timestamp with time zone"), canonical("decimal(10,2)")
    ('TIMESTAMPTZ', 'DECIMAL(10,2)')
    """
    return written.strip().upper().replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ")
