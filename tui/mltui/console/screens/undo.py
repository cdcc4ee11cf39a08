"""Undoing what this console did last, from what its events say was there before."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mltui.console.faults import Fault, is_refusal, words_of
from mltui.console.screens.ways_back import WAYS_BACK, WayBack, is_about_the_same
from mltui.console.state.undo import Done
from mltui.wire.events import EventRow

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp

PAGE = 500
"""Events that are asked for at a time."""


async def remember(app: "MltuiApp", words: str, action: str, object_ids: Sequence[str]) -> None:
    """Keep that `action` has just been done to these things; `words` say what, and a toast that it can be undone."""
    own: dict[str, EventRow] = {}
    cursor: str | None = None
    wanted = set(object_ids)
    # The newest come first: what others did meanwhile lies between, and seldom is much.
    for _ in range(1 + 2 * len(wanted) // PAGE):
        page = await app.client.events(action=action, limit=PAGE, cursor=cursor)
        for event in page.items:
            if event.actor == app.user and event.object_id in wanted:
                own.setdefault(event.object_id, event)
        if len(own) == len(wanted) or (cursor := page.next) is None:
            break
    app.session.history.add(Done(words, list(own.values())))
    if own:
        app.notify(f"{words}; z undoes it", markup=False)


async def undo(app: "MltuiApp") -> None:
    """Undo the last thing done. What somebody changed since stays as it is, and is named."""
    history = app.session.history
    if not history.done:
        words = "tags, notes, descriptions, aliases, stages, archiving and deletions of this console"
        app.notify(f"nothing to undo: what can be undone are {words}", markup=False)
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
    history, way = app.session.history, WAYS_BACK[event.action]
    if (since := history.in_the_way(event, await _changes(app, event, way))) is not None:
        name = event.object_name or (event.before or {}).get("name") or event.object_id
        words = f"{name} was changed since by {since.actor} ({since.action}); it stays as it is"
        app.notify(words, severity="warning", markup=False)
        return False
    try:
        waits = await way.take(app, event)
    except Exception as error:
        if not (isinstance(error, Fault) or is_refusal(error)):
            raise
        # It would say so again: what was done before can still be undone.
        app.notify(words_of(error), severity="warning", markup=False)
        return False
    if waits:
        app.notify(waits, markup=False)
        return False
    history.settled |= {event.id, (await _changes(app, event, way))[0].id}
    return True


async def _changes(app: "MltuiApp", event: EventRow, way: WayBack) -> list[EventRow]:
    """Of what `event` changed, the newest first."""
    lately = (await app.client.events(object_id=event.object_id, action=way.changes, limit=PAGE)).items
    return [one for one in lately if is_about_the_same(one, event)]
