"""What a run does next: a pure function of its stages. No database, no clock of its own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from mltui.wire.states import ENDED, Status
from mltui_server.runs.models import StageRun

NEVER = datetime.max.replace(tzinfo=UTC)


class StageState(Protocol):
    """What of a stage run the plan looks at."""

    name: str
    status: str
    dependencies: list[str]
    next_attempt_at: datetime | None


@dataclass
class Plan:
    """Names of stages to start and to skip now, and the run's outcome once nothing is left to do."""

    start: list[str] = field(default_factory=list)
    skip: dict[str, str] = field(default_factory=dict)
    """Name → the dependency on whose account it is skipped."""
    outcome: Status | None = None
    wake_at: datetime | None = None
    """When a back-off ends, if that is what it waits for."""


def plan(stages: Sequence[StageState], now: datetime) -> Plan:
    """Start what may start; skip what never can; tell the outcome when all have ended.

    A stage that failed does not stop the branches that do not depend on it.
    """
    result = Plan()
    by_name = {stage.name: stage for stage in stages}
    statuses = {stage.name: Status(stage.status) for stage in stages}
    # In dependency order, one pass would do; skipping spreads along chains, so repeat until nothing changes.
    changed = True
    while changed:
        changed = False
        for name, stage in by_name.items():
            if statuses[name] is not Status.PENDING:
                continue
            because = next((d for d in stage.dependencies if statuses[d] in ENDED - {Status.COMPLETED}), None)
            if because is not None:
                result.skip[name] = because
                statuses[name] = Status.SKIPPED
                changed = True
    for name, stage in by_name.items():
        if statuses[name] is not Status.PENDING:
            continue
        if any(statuses[d] is not Status.COMPLETED for d in stage.dependencies):
            continue
        if stage.next_attempt_at is None or stage.next_attempt_at <= now:
            result.start.append(name)
        else:
            result.wake_at = min(filter(None, (result.wake_at, stage.next_attempt_at)))
    if all(status in ENDED for status in statuses.values()):
        result.outcome = _outcome(set(statuses.values()))
    return result


def _outcome(statuses: set[Status]) -> Status:
    if Status.FAILED in statuses:
        return Status.FAILED
    if Status.CANCELLED in statuses:
        return Status.CANCELLED
    return Status.COMPLETED


def first_ended(stages: Iterable[StageRun]) -> StageRun | None:
    """Of stages that failed, the one to name: what ended later may have failed on its account."""
    return min(stages, key=lambda stage: stage.completed_at or NEVER, default=None)


def backoff_s(base: float, failed_attempts: int, ceiling: float = 3600.0) -> float:
    """Seconds to wait after that many failed attempts (≥ 1): base, 2 base, 4 base … up to the ceiling."""
    return min(ceiling, base * 2.0 ** (failed_attempts - 1))
