"""What can be done to ingestion jobs, one or many at once, from the list and from a job's own screen."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mltui.console.screens.chosen import NAMED, names
from mltui.console.screens.undo import remember
from mltui.wire.counting import counted
from mltui.wire.ingestion import JobAction, JobRow, Runner
from mltui.wire.states import AGAIN, LIVE, IllegalTransition, Status

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp

BECOMES = {
    JobAction.START: Status.QUEUED, JobAction.COMPLETE: Status.COMPLETED, JobAction.FAIL: Status.FAILED,
    JobAction.CANCEL: Status.CANCELLED, JobAction.RETRY: Status.PENDING,
}  # fmt: skip
DONE = {
    JobAction.START: "started", JobAction.COMPLETE: "completed", JobAction.FAIL: "failed",
    JobAction.CANCEL: "cancelled", JobAction.RETRY: "begun anew",
}  # fmt: skip
WILL = {
    JobAction.START: "Starts {}.",
    JobAction.COMPLETE: "Marks {} as completed.",
    JobAction.FAIL: "Marks {} as failed.",
    JobAction.CANCEL: "Stops {}. What was read is thrown away; it can be begun anew.",
    JobAction.RETRY: "Begins {} anew, from the start.",
    JobAction.DELETE: "Deletes {}. Datasets and runs stay. z brings back what was deleted.",
}
NEEDS_REASON = (JobAction.COMPLETE, JobAction.FAIL)


def hindrance(job: JobRow, action: JobAction) -> str:
    """Why this cannot be done to a job as it is, in the server's words, who has the last; empty where it can be."""
    match action:
        case JobAction.START:
            fits = job.status is Status.PENDING
        case JobAction.COMPLETE | JobAction.FAIL:
            if job.runner is Runner.AGENT:
                return f"{job.name} is done by an agent here, which says itself how it ends"
            fits = job.status is Status.RUNNING
        case JobAction.CANCEL:
            fits = job.status in LIVE
        case JobAction.RETRY:
            fits = job.status in AGAIN
        case _:
            return f"{job.name} is {job.status}; cancel it first" if job.status in LIVE - {Status.PENDING} else ""
    return "" if fits else str(IllegalTransition(job.name, job.status, BECOMES[action]))


async def act(app: "MltuiApp", action: JobAction, jobs: Sequence[JobRow]) -> bool:
    """Say what it will do to which of `jobs`, ask why, and do it; each that is refused is said. Whether any was."""
    refused = [words for job in jobs if (words := hindrance(job, action))]
    chosen = [job for job in jobs if not hindrance(job, action)]
    if not chosen:
        app.notify(_lines(refused), severity="error", markup=False)
        return False
    reason = await _asked(app, action, chosen, refused)
    if reason is None:
        return False
    answers = await app.client.act_on_jobs(action, [job.id for job in chosen], reason)
    done = [job for job, answer in zip(chosen, answers, strict=True) if answer.problem is None]
    if action is JobAction.DELETE and done:
        await remember(app, f"deleted {_called(done)}", "ingestion_job.delete", [job.id for job in done])
    elif len(jobs) > 1 and done:
        app.notify(f"{counted(len(done), 'job')} {DONE[action]}", markup=False)
    if problems := [answer.problem.detail for answer in answers if answer.problem is not None]:
        app.notify(_lines(problems), severity="error", markup=False)
    return bool(done)


async def _asked(app: "MltuiApp", action: JobAction, jobs: Sequence[JobRow], refused: Sequence[str]) -> str | None:
    """The reason, which may be empty; None when it is not to be done after all."""
    what = WILL[action].format(names(jobs)) + (f"\n\nLeft out:\n{_lines(refused)}" if refused else "")
    heading = f"{action.value.capitalize()} {_called(jobs)}"
    if action is JobAction.DELETE:
        from mltui.console.screens.dialog import Confirm

        return "" if await app.push_screen_wait(Confirm(f"{heading}?", what)) else None
    from mltui.console.screens.ask_text import AskLine

    needed = action in NEEDS_REASON
    why = f"Why? Everybody sees it among {'its' if len(jobs) == 1 else 'their'} events"
    ask = AskLine(
        heading, f"{what}\n\n{why}{'.' if needed else '; it may stay empty.'}", "", _fault if needed else _fine
    )
    said = await app.push_screen_wait(ask)
    return said if said is None else said.strip()


def _called(jobs: Sequence[JobRow]) -> str:
    return jobs[0].name if len(jobs) == 1 else counted(len(jobs), "job")


def _lines(refused: Sequence[str]) -> str:
    more = len(refused) - NAMED
    return "\n".join([*refused[:NAMED], *([f"and {more} more"] if more > 0 else [])])


def _fault(reason: str) -> str:
    return "" if reason.strip() else "say why"


def _fine(_: str) -> str:
    return ""
