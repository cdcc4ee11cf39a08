"""What people say of models and versions: description, tags, and that a version is archived."""

from typing import TYPE_CHECKING

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
    if isinstance(thing, ModelRow):
        await app.client.patch_model(thing.name, PatchModel(description=said))
    else:
        await app.client.patch_version(thing.model, str(thing.version), PatchVersion(description=said))
    await remember(app, f"described {called(thing)}", _update(thing), [thing.id])


async def edit_tags(app: "MltuiApp", thing: Described) -> None:
    changed = await ask_tags(app, called(thing), thing.tags)
    if not changed:
        return
    if isinstance(thing, ModelRow):
        await app.client.patch_model(thing.name, PatchModel(tags=changed))
    else:
        await app.client.patch_version(thing.model, str(thing.version), PatchVersion(tags=changed))
    await remember(app, f"tagged {called(thing)}", _update(thing), [thing.id])


async def archive(app: "MltuiApp", version: VersionRow) -> None:
    """Archive it; one that is archived is ready again."""
    back = version.status is VersionStatus.ARCHIVED
    status = VersionStatus.READY if back else VersionStatus.ARCHIVED
    await app.client.patch_version(version.model, str(version.version), PatchVersion(status=status))
    words = f"{called(version)} is ready again" if back else f"archived {called(version)}"
    await remember(app, words, _update(version), [version.id])


def called(thing: Described) -> str:
    return thing.name if isinstance(thing, ModelRow) else f"{thing.model}/{thing.version}"


def _update(thing: Described) -> str:
    return "model.update" if isinstance(thing, ModelRow) else "model_version.update"
