"""What can be done to ingestion jobs, one or many at once, from the list and from a job's own screen."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mltui.console.screens.chosen import left_out, names
from mltui.console.screens.undo import remember
from mltui.wire.ingestion import JobAction, JobAnswer, JobRow, Runner
from mltui.wire.states import AGAIN, LIVE, Status

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp

DONE = {
    JobAction.START: "started", JobAction.COMPLETE: "completed", JobAction.FAIL: "failed",
    JobAction.CANCEL: "cancelled", JobAction.RETRY: "begun anew",
}  # fmt: skip
ASKED = (JobAction.CANCEL, JobAction.DELETE)
"""Not done before it is said to which."""
REASONS = {
    JobAction.COMPLETE: "why it is complete; everybody sees it among the job's events",
    JobAction.FAIL: "why it failed; everybody sees it among the job's events",
}


def fits(job: JobRow, action: JobAction) -> bool:
    """Whether this can be done to a job in its state. The server has the last word."""
    match action:
        case JobAction.START:
            return job.status is Status.PENDING
        case JobAction.COMPLETE | JobAction.FAIL:
            return job.runner is Runner.OUTSIDE and job.status is Status.RUNNING
        case JobAction.CANCEL:
            return job.status in LIVE
        case JobAction.RETRY:
            return job.status in AGAIN
        case _:
            return job.status not in LIVE - {Status.PENDING}


async def act(app: "MltuiApp", action: JobAction, jobs: Sequence[JobRow]) -> bool:
    """Ask where there is something to ask, and do it to `jobs`; each that is refused is said. Whether any was done."""
    # Where it can be done to none, there is nothing to ask: the server says why, job by job.
    chosen = [job for job in jobs if action not in ASKED or fits(job, action)]
    reason = await _asked(app, action, chosen, [job for job in jobs if job not in chosen]) if chosen else ""
    chosen = chosen or list(jobs)
    if reason is None:
        return False
    answers = await app.client.act_on_jobs(action, [job.id for job in chosen], reason)
    refused = [answer for answer in answers if answer.problem is not None]
    done = [job for job, answer in zip(chosen, answers, strict=True) if answer.problem is None]
    if action is JobAction.DELETE and done:
        what = done[0].name if len(done) == 1 else counted(len(done))
        await remember(app, f"deleted {what}", "ingestion_job.delete", [job.id for job in done])
    elif len(jobs) > 1 and done:
        app.notify(f"{counted(len(done))} {DONE[action]}", markup=False)
    if refused:
        app.notify(_why(refused), severity="error", markup=False)
    return bool(done)


async def _asked(app: "MltuiApp", action: JobAction, jobs: Sequence[JobRow], others: Sequence[JobRow]) -> str | None:
    """The reason, empty where none is needed; None when it is not to be done after all. `others` are left out."""
    if action in REASONS:
        from mltui.console.screens.ask_text import AskLine

        heading = f"{action.value.capitalize()} {names(jobs)}"
        said = await app.push_screen_wait(AskLine(heading, REASONS[action], "", _fault))
        return said and said.strip()
    if action in ASKED:
        from mltui.console.screens.dialog import Confirm

        them = "it" if len(jobs) == 1 else "them"
        what = {
            JobAction.CANCEL: f"Stops {names(jobs)}. What was read is thrown away; it can be begun anew.",
            JobAction.DELETE: f"Deletes {names(jobs)}. Datasets and runs stay. z brings {them} back.",
        }[action] + left_out(others)
        heading = f"{action.value.capitalize()} {jobs[0].name if len(jobs) == 1 else counted(len(jobs))}?"
        if not await app.push_screen_wait(Confirm(heading, what)):
            return None
        return f"cancelled in the console by {app.user}" if action is JobAction.CANCEL else ""
    return ""


def counted(count: int) -> str:
    return f"{count} job{'s' * (count != 1)}"


def _fault(reason: str) -> str:
    return "" if reason.strip() else "say why"


def _why(refused: Sequence[JobAnswer]) -> str:
    first = refused[0].problem
    words = first.detail if first is not None else ""
    return words if len(refused) == 1 else f"{counted(len(refused))} refused; the first: {words}"
