"""What people say of models and versions: description, tags, and that a version is archived."""

from typing import TYPE_CHECKING, Any

from mltui.console.screens.tag_line import ask_tags
from mltui.console.screens.undo import remember
from mltui.wire.models import ModelRow, PatchModel, PatchVersion, VersionRow, VersionStatus

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp

Described = ModelRow | VersionRow


async def edit_description(app: "MltuiApp", thing: Described) -> None:
    from mltui.console.screens.ask_text import AskText

    said = await app.push_screen_wait(AskText(f"Description of {called(thing)}", thing.description))
    if said is None or said == thing.description:
        return
    await _change(app, thing, f"described {called(thing)}", description=said)


async def edit_tags(app: "MltuiApp", thing: Described) -> None:
    changed = await ask_tags(app, called(thing), thing.tags)
    if changed:
        await _change(app, thing, f"tagged {called(thing)}", tags=changed)


async def archive(app: "MltuiApp", version: VersionRow) -> None:
    """Archive it; one that is archived is ready again."""
    back = version.status is VersionStatus.ARCHIVED
    status = VersionStatus.READY if back else VersionStatus.ARCHIVED
    words = f"{called(version)} is ready again" if back else f"archived {called(version)}"
    await _change(app, version, words, status=status)


def called(thing: Described) -> str:
    return thing.name if isinstance(thing, ModelRow) else f"{thing.model}/{thing.version}"


async def _change(app: "MltuiApp", thing: Described, words: str, **fields: Any) -> None:
    """So that it can be undone; `words` say what was done."""
    if isinstance(thing, ModelRow):
        await app.client.patch_model(thing.name, PatchModel(**fields))
        action = "model.update"
    else:
        await app.client.patch_version(thing.model, str(thing.version), PatchVersion(**fields))
        action = "model_version.update"
    await remember(app, words, action, [thing.id])
