"""What goes wrong, in words."""

from pathlib import Path


class Fault(Exception):
    """What is wrong with what somebody typed, and what would be right: meant for them as it stands."""


def words_of(error: BaseException) -> str:
    """An error on one line: the server's words as they are, a fault of the console's own with its kind and place."""
    from mltui.client import ProblemError, Unreachable

    if isinstance(error, ProblemError | Unreachable | Fault):
        return str(error)
    place = ""
    if error.__traceback__ is not None:
        last = error.__traceback__
        while last.tb_next is not None:
            last = last.tb_next
        place = f" ({Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno})"
    return f"{type(error).__name__}: {error}{place}"


def is_missing(error: BaseException) -> bool:
    """Whether the server said that there is no such thing."""
    from mltui.client import ProblemError

    return isinstance(error, ProblemError) and error.problem.status == 404
