"""Undoing what this console did last, from what its events say was there before."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from mltui.console.state.undo import Done
from mltui.wire.events import EventRow
from mltui.wire.runs import PatchRun

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp

CHANGES = "run.update,run.delete,run.restore,run.purge"
"""What people do to a run that has a before."""
LATELY = 500
"""Events among which those of a thing just done are looked for."""


async def remember(app: "MltuiApp", words: str, action: str, run_ids: Sequence[str]) -> None:
    """Keep that `action` has just been done to these runs; `words` say what, and a toast says that it can be undone."""
    lately = (await app.client.events(action=action, limit=LATELY)).items
    own: dict[str, EventRow] = {}
    for event in lately:
        if event.actor == app.user and event.object_id in run_ids:
            own.setdefault(event.object_id, event)
    app.session.history.add(Done(words, list(own.values())))
    if own:
        app.notify(f"{words}; z undoes it", markup=False)


async def undo(app: "MltuiApp") -> None:
    """Undo the last thing done. What somebody changed since stays as it is, and is named."""
    history = app.session.history
    if not history.done:
        app.notify("nothing to undo: what can be undone are tags, notes and deletions of this console", markup=False)
        return
    done = history.done.pop()
    left, undone = list(done.events), 0
    try:
        while left:
            undone += await _undo_one(app, left[0])
            left.pop(0)
    finally:
        # The server is away, say: what is left can be undone later.
        history.add(Done(done.words, left))
    if undone:
        app.notify(f"undone: {done.words}", markup=False)


async def _undo_one(app: "MltuiApp", event: EventRow) -> bool:
    """Whether it could be."""
    history, run_id = app.session.history, event.object_id
    newest = (await app.client.events(object_id=run_id, action=CHANGES, limit=LATELY)).items
    if (since := history.in_the_way(event, newest)) is not None:
        name = event.object_name or (event.before or {}).get("name") or run_id
        words = f"{name} was changed since by {since.actor} ({since.action}); it stays as it is"
        app.notify(words, severity="warning", markup=False)
        return False
    if event.action == "run.delete":
        await app.client.restore_run(run_id)
    else:
        await app.client.patch_run(run_id, msgspec.convert(event.before, PatchRun))
    [undoing] = (await app.client.events(object_id=run_id, action=CHANGES, limit=1)).items
    history.settled |= {event.id, undoing.id}
    return True
