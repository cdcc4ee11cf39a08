"""A table's values as short text."""

import math

from mltui.wire.artifact_previews import CELL_CHARACTERS


def cell(value: object) -> str | None:
    r"""None stays None; NaN and infinities are as JSON has them, bytes in hex.

    >>> cell(1.5), cell(float("nan")), cell(-math.inf), cell(b"\\x00\\xff"), cell(None), cell([1, None])
    ('1.5', 'NaN', '-Infinity', '00ff', None, '[1, None]')
    """
    if value is None:
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, bytes):
        value = value[:CELL_CHARACTERS].hex()
    text = str(value)
    return text if len(text) <= CELL_CHARACTERS else text[: CELL_CHARACTERS - 1] + "…"
