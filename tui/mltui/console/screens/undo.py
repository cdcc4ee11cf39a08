"""Undoing what this console did last, from what its events say was there before."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mltui.console.faults import Fault, is_refusal, words_of
from mltui.console.screens.ways_back import WAYS_BACK, WayBack, is_about_the_same
from mltui.console.state.undo import TAGS, Done, Field, changed_fields, narrowed, secret_fields
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
    """Undo the last thing done. What somebody changed since, field by field, stays as it is, and is named."""
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
    since = history.since(event, await _changes(app, event, way))
    parts = [one for one in since if way.by_field and one.action == event.action]
    whole = [one for one in since if one not in parts]
    if whole and not (way.by_field and whole[0].action.endswith(".restore")):
        _leave(app, f"{_name(event)} was changed since by {whole[0].actor} ({whole[0].action}); it stays as it is")
        return False
    if way.by_field:
        event = _untouched(app, event, parts)
        if not event.before:
            return False
    try:
        waits = await way.take(app, event)
    except Exception as error:
        if not (isinstance(error, Fault) or is_refusal(error)):
            raise
        # It would say so again: what was done before can still be undone.
        _leave(app, words_of(error))
        return False
    if waits:
        app.notify(waits, markup=False)
        return False
    own = [one.id for one in await _changes(app, event, way) if one.actor == app.user]
    history.settled |= {event.id, *own[:1]}
    return True


def _untouched(app: "MltuiApp", event: EventRow, since: Sequence[EventRow]) -> EventRow:
    """Of an update what nobody changed since, and is known. The rest is named."""
    mine = changed_fields(event)
    taken: dict[Field, str] = {}
    for one in since:
        for field in changed_fields(one) & mine:
            taken.setdefault(field, one.actor)
    hidden = secret_fields(event) & mine - taken.keys()
    if taken:
        what, who = ", ".join(map(_words, sorted(taken))), ", ".join(sorted(set(taken.values())))
        was, stay = ("was", "it stays as it is") if len(taken) == 1 else ("were", "they stay as they are")
        _leave(app, f"{what} of {_name(event)} {was} changed since by {who}; {stay}")
    for field in sorted(hidden):
        _leave(app, f"{field[-1]} was a secret, which no event keeps; set it by hand")
    return narrowed(event, mine - taken.keys() - hidden)


def _words(field: Field) -> str:
    return f"tag {field[1]}" if field[0] == TAGS else field[0].replace("_", " ")


def _name(event: EventRow) -> str:
    name = event.object_name or (event.before or {}).get("name") or event.object_id
    return f"{name}@{alias}" if (alias := (event.after or {}).get("alias")) else name


def _leave(app: "MltuiApp", words: str) -> None:
    app.notify(words, severity="warning", markup=False)


async def _changes(app: "MltuiApp", event: EventRow, way: WayBack) -> list[EventRow]:
    """Of what `event` changed, the newest first."""
    lately = (await app.client.events(object_id=event.object_id, action=way.changes, limit=PAGE)).items
    return [one for one in lately if is_about_the_same(one, event)]
