"""The one state machine for everything that runs, as data.

Runs, stage runs, executions and jobs share it. A transition that is not in the
table is refused with both states named.
"""

from enum import StrEnum


class Status(StrEnum):
    PENDING = "pending"
    """Exists; something must happen before it may run (a dependency, a back-off)."""
    QUEUED = "queued"
    """May run; waits for a place."""
    RUNNING = "running"
    CANCELLING = "cancelling"
    """Was asked to stop and has not stopped yet."""
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    """Never ran, because something it depends on did not complete."""


TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.QUEUED, Status.CANCELLED, Status.SKIPPED}),
    # Back to pending, here and below: an attempt failed and the next one waits for its back-off.
    Status.QUEUED: frozenset({Status.RUNNING, Status.CANCELLED, Status.FAILED, Status.PENDING}),
    Status.RUNNING: frozenset({Status.CANCELLING, Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.PENDING}),
    # Work that finishes while it is being cancelled keeps the outcome it reached.
    Status.CANCELLING: frozenset({Status.CANCELLED, Status.COMPLETED, Status.FAILED}),
    Status.COMPLETED: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.SKIPPED: frozenset(),
}

AGAIN = frozenset({Status.FAILED, Status.CANCELLED})
"""What ended so may begin anew, as a further attempt."""
LIVE = frozenset({Status.PENDING, Status.QUEUED, Status.RUNNING, Status.CANCELLING})
ENDED = frozenset(Status) - LIVE


class IllegalTransition(Exception):
    """Something cannot go from the state it is in to the state that was asked for."""

    def __init__(self, what: str, current: Status, wanted: Status) -> None:
        super().__init__(f"{what} is {current.value}; it cannot become {wanted.value}")
        self.what, self.current, self.wanted = what, current, wanted


def check_transition(what: str, current: Status, wanted: Status) -> None:
    """Raise IllegalTransition unless `current` may become `wanted`. `what` names the thing, e.g. `run 0199…`."""
    if wanted not in TRANSITIONS[current]:
        raise IllegalTransition(what, current, wanted)
