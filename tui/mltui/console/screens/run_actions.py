"""What can be done to runs from the list and from a run's own screen. Each says what it will do before it does it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from mltui.console import format
from mltui.console.screens.chosen import NAMED, left_out, names
from mltui.console.screens.tag_line import HINT, ask_tags
from mltui.console.screens.undo import remember
from mltui.console.theme import STATUS
from mltui.wire.counting import counted
from mltui.wire.executions import CANCEL_GRACE_S
from mltui.wire.runs import RESTORABLE_H, Footprint, PatchRun, RetryRun, RunDetail, RunRow
from mltui.wire.states import ENDED, LIVE, Status

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp

ANYTHING = ""
"""The choice of a retry that runs everything again that did not complete."""


async def cancel(app: "MltuiApp", runs: Sequence[RunRow]) -> None:
    """Ask, and stop those of `runs` that are under way."""
    from mltui.console.screens.dialog import Confirm

    live = [run for run in runs if run.status in LIVE]
    if not live:
        app.notify(f"{names(runs)} ended already; only what is under way can be cancelled", markup=False)
        return
    what = (
        f"Stops {names(live)}.\n\nIts processes get SIGTERM, and SIGKILL if they are still there "
        f"after {CANCEL_GRACE_S:.0f} s. Stages that did not begin are cancelled too. It can be retried from there."
        f"{left_out([run for run in runs if run not in live])}"
    )
    if await app.push_screen_wait(Confirm(f"Cancel {called(live)}?", what)):
        for run in live:
            await app.client.cancel_run(run.id, reason=f"cancelled in the console by {app.user}")


async def delete(app: "MltuiApp", runs: Sequence[RunRow]) -> bool:
    """Ask, and delete those of `runs` that have ended. Whether it was done."""
    from mltui.console.screens.dialog import Confirm

    ended = [run for run in runs if run.status in ENDED]
    if not ended:
        app.notify(f"{names(runs)} is under way; cancel it first (x)", severity="warning", markup=False)
        return False
    ids = [run.id for run in ended]
    footprint = await app.client.footprint(ids)
    what = (
        f"Deletes {names(ended)}, with {contents(footprint)}.\n\n{descendants(footprint)}"
        f"z brings {'it' if len(ended) == 1 else 'them'} back; after {RESTORABLE_H} hours nothing does."
        f"{left_out([run for run in runs if run not in ended])}"
    )
    if not await app.push_screen_wait(Confirm(f"Delete {called(ended)}?", what)):
        return False
    for run in ended:
        await app.client.delete_run(run.id)
    await remember(app, f"deleted {called(ended)}", "run.delete", ids)
    return True


async def retry(app: "MltuiApp", run: RunDetail) -> str | None:
    """Ask from which stage, the failed one offered first, and start the retry. Its id."""
    from mltui.console.screens.choose import Choice, Choose

    if not run.stages:
        app.notify("it was tracked from outside, so it can only be retried there", markup=False)
        return None
    if run.status in LIVE:
        app.notify(f"{run.name} is {run.status.value}; it can be retried once it has ended", markup=False)
        return None
    failed = next(
        (s.name for wanted in (Status.FAILED, Status.CANCELLED) for s in run.stages if s.status is wanted), ANYTHING
    )
    choices = [] if run.status is Status.COMPLETED else [Choice(ANYTHING, Text("what did not complete", "bold"))]
    for stage in run.stages:
        look = STATUS[stage.status]
        label = Text(f"{look.glyph} ", look.colour).append(f"from {stage.name}").append(f"  {stage.status}", "muted")
        choices.append(Choice(stage.name, label))
    what = "A new run takes over what completed, and runs this stage and everything after it again."
    chosen = await app.push_screen_wait(Choose(f"Retry {run.name}", what, choices, at=failed))
    if chosen is None:
        return None
    request = RetryRun(from_stage=chosen[0]) if chosen[0] != ANYTHING else RetryRun()
    return (await app.client.retry_run(run.id, request)).id


async def edit_tags(app: "MltuiApp", runs: Sequence[RunRow]) -> None:
    """Edit the tags of one run, or add to those of several."""
    before, hint = (runs[0].tags, HINT) if len(runs) == 1 else ({}, f"key=value or key, added to {called(runs)}")
    changed = await ask_tags(app, names(runs), before, hint)
    if changed:
        for run in runs:
            await app.client.patch_run(run.id, PatchRun(tags=changed))
        await remember(app, f"tagged {called(runs)}", "run.update", [run.id for run in runs])


async def edit_notes(app: "MltuiApp", run: RunDetail) -> None:
    from mltui.console.screens.ask_text import AskText

    said = await app.push_screen_wait(AskText(f"Notes of {run.name}", run.notes))
    if said is not None and said != run.notes:
        await app.client.patch_run(run.id, PatchRun(notes=said))
        await remember(app, f"wrote notes of {run.name}", "run.update", [run.id])


def contents(footprint: Footprint) -> str:
    """What goes with runs, as in `1,200 samples, 3 KiB of logs, 2 files (7 B)`."""
    parts = [counted(footprint.samples, "sample"), f"{format.size(footprint.log_bytes)} of logs"]
    if footprint.artifacts:
        parts.append(f"{counted(footprint.artifacts, 'file')} ({format.size(footprint.artifact_bytes)})")
    return ", ".join(parts)


def descendants(footprint: Footprint) -> str:
    """What a dialog says of model versions that came from runs."""
    some = footprint.versions
    if not some:
        return ""
    named = ", ".join(some[:NAMED]) + (f" and {len(some) - NAMED} more" if len(some) > NAMED else "")
    return f"{named} came from {'there' if footprint.runs > 1 else 'it'}, and will know its id and name only.\n\n"


def called(runs: Sequence[RunRow]) -> str:
    return runs[0].name if len(runs) == 1 else counted(len(runs), "run")
