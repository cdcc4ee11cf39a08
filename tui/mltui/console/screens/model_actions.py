"""What is done to models and their versions: the dialogs that ask, and the requests that follow."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from mltui.console.screens.model_words import STAGE_COLOURS, asked, move
from mltui.console.screens.undo import remember
from mltui.wire.models import (
    ApprovalRow,
    ApprovalStatus,
    ModelStage,
    MoveAlias,
    MoveOutcome,
    MoveStage,
    PatchModel,
    VersionRow,
)
from mltui.wire.users import is_same_user

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp
    from mltui.console.screens.choose import Choice

ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,99}")
APPROVE, REJECT, TAKE_BACK = "approve", "reject", "take back"
DECISIONS = {
    APPROVE: ("success", "Why approve it?"), REJECT: ("error", "Why reject it?"),
    TAKE_BACK: ("warning", "Why take it back?"),
}  # fmt: skip
"""What can be done about a move that waits: its colour, and what is asked then."""


def alias_fault(text: str) -> str:
    """What is wrong with the name of an alias; empty when nothing is."""
    if ALIAS.fullmatch(text.strip()):
        return ""
    return "an alias is letters, digits and _ . -, beginning with a letter, as in champion"


def reason_fault(text: str) -> str:
    return "" if text.strip() else "a reason is needed"


async def ask_reason(app: "MltuiApp", heading: str) -> str | None:
    """None: it was left."""
    from mltui.console.screens.ask_text import AskLine

    return await app.push_screen_wait(AskLine(heading, "why; it is kept with the event", "", reason_fault))


async def move_alias(app: "MltuiApp", version: VersionRow) -> None:
    """Ask which alias is to point to the version, or no longer, and why."""
    from mltui.console.screens.ask_text import AskLine

    called = f"{version.model}/{version.version}"
    model = await app.client.model(version.model)
    what = "as in champion; one that the version has already is taken away"
    said = await app.push_screen_wait(AskLine(f"Alias of {called}", what, "", alias_fault))
    if said is None:
        return
    alias = said.strip()
    at = model.aliases.get(alias)
    away = at == version.version
    doing = f"Take @{alias} away from {called}" if away else f"@{alias} from {at or 'none'} to {called}"
    if (reason := await ask_reason(app, doing)) is not None:
        to = MoveAlias(version=None if away else version.version, reason=reason, expected=at)
        outcome = await app.client.move_alias(version.model, alias, to)
        what = f"@{alias} {'away from' if away else 'to'} {called}"
        await _moved(app, outcome, what, "model.alias", version.model_id, version)


async def move_stage(app: "MltuiApp", version: VersionRow) -> None:
    """Ask to which stage, and why."""
    from mltui.console.screens.choose import Choice, Choose

    called = f"{version.model}/{version.version}"
    choices = [Choice(stage.value, Text(stage.value, STAGE_COLOURS[stage])) for stage in ModelStage
               if stage is not version.stage]  # fmt: skip
    chosen = await app.push_screen_wait(Choose(f"Stage of {called}", f"It is in {version.stage.value}.", choices))
    if chosen is None:
        return
    heading = f"{called} from {version.stage.value} to {chosen[0]}"
    if (reason := await ask_reason(app, heading)) is not None:
        to = MoveStage(stage=ModelStage(chosen[0]), reason=reason, expected=version.stage)
        outcome = await app.client.move_stage(version.model, str(version.version), to)
        await _moved(app, outcome, f"{called} to {chosen[0]}", "model_version.stage", version.id, version)


async def _moved(
    app: "MltuiApp", outcome: MoveOutcome, what: str, action: str, object_id: str, version: VersionRow
) -> None:
    """Keep what was done: `action` of `object_id`; or that it was asked for."""
    if outcome.approval is None:
        await remember(app, f"moved {what}", action, [object_id])
        return
    app.notify("it waits until somebody else approves it", markup=False)
    await remember(app, f"asked to move {what}", "model.request", [version.model_id])


async def decide(app: "MltuiApp", model: str) -> None:
    """Ask which of the moves that wait is to be approved, rejected or, one's own, taken back, and why."""
    from mltui.console.screens.choose import Choose

    waiting = (await app.client.approvals(model, status=ApprovalStatus.PENDING)).items
    if not waiting:
        app.notify(f"no move of {model} waits for approval", markup=False)
        return
    choices = [choice for one in waiting for choice in _decisions(one, app.user)]
    chosen = await app.push_screen_wait(Choose(f"Moves of {model} that wait", _who_decides(waiting, app.user), choices))
    if chosen is None:
        return
    decision, _, approval = chosen[0].partition(":")
    if (reason := await ask_reason(app, DECISIONS[decision][1])) is not None:
        decided = await app.client.decide(model, approval, approve=decision == APPROVE, reason=reason)
        done = "taken back" if decision == TAKE_BACK else decided.status.value
        app.notify(f"{done}: {move(decided)} of {model}", markup=False)


def _decisions(one: ApprovalRow, user: str) -> "list[Choice]":
    """What `user` may do about it."""
    from mltui.console.screens.choose import Choice

    offered = [TAKE_BACK] if is_same_user(one.requested_by, user) else [APPROVE, REJECT]
    return [
        Choice(f"{decision}:{one.id}", Text().append(f"{decision}  ", DECISIONS[decision][0]).append_text(asked(one)))
        for decision in offered
    ]


def _who_decides(waiting: Sequence[ApprovalRow], user: str) -> str:
    if all(is_same_user(one.requested_by, user) for one in waiting):
        return f"You asked for {'it' if len(waiting) == 1 else 'all of them'}: anybody but {user} may approve."
    return "Whoever asked for a move takes it back; anybody else approves or rejects it."


async def switch_approval(app: "MltuiApp", name: str) -> None:
    """Ask, and have moves need somebody else's approval, or no longer; for that, none may wait."""
    from mltui.console.screens.dialog import Confirm

    model = await app.client.model(name)
    if model.approval and model.pending:
        moves, them = ("1 move waits", "it") if model.pending == 1 else (f"{model.pending:,} moves wait", "them")
        words = f"{moves} for approval of {name}: decide on {them} with w, and then switch it off"
        app.notify(words, severity="warning", markup=False)
        return
    what = (
        "Moves of its aliases and stages are made at once again."
        if model.approval
        else "Each move of an alias or a stage waits until somebody else approves it."
    )
    if await app.push_screen_wait(Confirm(f"{name}: approval {'off' if model.approval else 'on'}?", what)):
        await app.client.patch_model(name, PatchModel(approval=not model.approval))
        await remember(app, f"approval {'off' if model.approval else 'on'} for {name}", "model.update", [model.id])


async def delete(app: "MltuiApp", version: VersionRow, *, marked: bool = False) -> bool:
    """Ask, and delete the version. Whether it was done. `marked`: there are marks, which it does not go by."""
    from mltui.console import shell
    from mltui.console.screens.dialog import Confirm

    called = f"{version.model}/{version.version}"
    back = shell.command(f"models restore {called}", app.url)
    stay = "\n\nWhat is marked stays: marks are for comparing." if marked else ""
    what = f"Deletes {called}.{stay}\n\nz brings it back until `mltui gc` has removed its content, and so does\n{back}"
    if not await app.push_screen_wait(Confirm(f"Delete {called}?", what)):
        return False
    await app.client.delete_version(version.model, str(version.version))
    await remember(app, f"deleted {called}", "model_version.delete", [version.id])
    return True
