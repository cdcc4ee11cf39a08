"""Which parameters of a question about points go together."""

from collections.abc import Container, Sequence

from mltui_server.lib.errors import Invalid

RANGE = ("start_time", "end_time")
PAGE = ("limit", "cursor", "order")
PARAMETERS = (*RANGE, *PAGE, "buckets", "quantiles", "format")


def refuse_idle(given: Container[str]) -> None:
    """Raises Invalid where one of those that are given would change nothing."""
    if "format" in given:
        _refuse(given, (*PAGE, "buckets", "quantiles"), "with format, which gives all points of the range")
    elif "buckets" in given:
        _refuse(given, PAGE, "with buckets, which are all of the range")
    else:
        _refuse(given, ("quantiles",), "without buckets")


def _refuse(given: Container[str], idle: Sequence[str], why: str) -> None:
    for name in idle:
        if name in given:
            raise Invalid(f"{name} has no effect {why}; leave it out")
