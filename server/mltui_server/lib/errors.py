"""Domain errors: typed, carrying what is needed to explain them, knowing no HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass


class DomainError(Exception):
    """Something a caller asked for cannot be done, and the message says why and what would be right."""


class NotFound(DomainError):
    def __init__(self, what: str, key: str) -> None:
        super().__init__(f"no {what} {key!r}")
        self.what, self.key = what, key


class Forbidden(DomainError):
    """Not for whoever asks; somebody else may."""


class Conflict(DomainError):
    """It contradicts what is already there."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong with an input. `path` is where, as in `$.stages[1].name`."""

    path: str
    message: str


class Invalid(DomainError):
    """The input is wrong, in one or several places."""

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)


class TooLarge(DomainError):
    """There is more of it than can ever be taken at once: in parts it may be."""


class Unavailable(DomainError):
    """It cannot be done now; the same request may succeed after `retry_after_s`."""

    def __init__(self, message: str, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
