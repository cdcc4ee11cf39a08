"""What goes wrong, in words."""

from pathlib import Path


class Fault(Exception):
    """What is wrong with what somebody typed, and what would be right: meant for them as it stands."""


MOST_QUOTED = 30
"""Characters of what somebody typed that are said again."""


def cut(text: str, most: int) -> str:
    """At most `most` characters of `text`, the last an ellipsis where some are missing."""
    return text if len(text) <= most else text[: most - 1] + "…"


def quoted(text: str) -> str:
    """What somebody typed, or the beginning of it, in quotes and on one line.

    >>> quoted("soon"), quoted("x" * 1_000_000)
    ("'soon'", "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxx…'")
    """
    return repr(cut(text, MOST_QUOTED))


def words_of(error: BaseException) -> str:
    """An error on one line: the server's words as they are, a fault of the console's own with its kind and place."""
    from mltui.client import ProblemError, Unreachable
    from mltui.naming import NoneSuch

    if isinstance(error, ProblemError | Unreachable | Fault | NoneSuch):
        return str(error)
    place = ""
    if error.__traceback__ is not None:
        last = error.__traceback__
        while last.tb_next is not None:
            last = last.tb_next
        place = f" ({Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno})"
    return f"{type(error).__name__}: {error}{place}"


def words_within(error: BaseException, width: int) -> str:
    """The same in at most `width` characters."""
    words = words_of(error)
    return "server away" if is_away(error) and len(words) > width else cut(words, width)


def is_away(error: BaseException) -> bool:
    """Whether no answer came from the server."""
    from mltui.client import Unreachable

    return isinstance(error, Unreachable)


def is_refusal(error: BaseException) -> bool:
    """Whether the server said no to what was asked, as it would again."""
    from mltui.client import ProblemError

    return isinstance(error, ProblemError) and error.problem.status < 500


def is_missing(error: BaseException) -> bool:
    """Whether the server said that there is no such thing."""
    from mltui.client import ProblemError

    return isinstance(error, ProblemError) and error.problem.status == 404
