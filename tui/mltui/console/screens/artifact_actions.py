"""What can be done to artifacts: saved where the console runs, and deleted, a file or a folder of them."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mltui.console import format
from mltui.console.screens.ask_text import AskLine
from mltui.console.screens.dialog import Confirm
from mltui.console.screens.file_names import path_of
from mltui.console.screens.saving import Saving
from mltui.console.screens.undo import remember
from mltui.console.state.folder_tree import Branch
from mltui.wire.artifacts import ArtifactRow, CitedArtifact
from mltui.wire.counting import counted

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp

NAMED = 3
"""Files that stay which a dialog names; the others are counted."""


async def save(app: "MltuiApp", run: str, branch: Branch) -> None:
    """Ask which folder to save it in, and do."""
    what = "The folder to save it in, where this console runs; files that are there already are kept"
    folder = app.session.save_folder or str(Path.cwd())
    name = await app.push_screen_wait(AskLine(f"Save {branch.path}", what, folder, _fault_of))
    if name is None:
        return
    app.session.save_folder = name
    rows = await _rows(app, run, branch)
    above = str(PurePosixPath(branch.path).parent)
    said = await app.push_screen_wait(Saving(branch.path, rows, path_of(name), "" if above == "." else above))
    if said is not None:
        app.notify(said, markup=False)


async def delete(app: "MltuiApp", run: str, branch: Branch) -> bool:
    """Ask, and delete it. Whether it was done."""
    assert branch.entry is not None
    going = await app.client.artifact_footprint(run, branch.path)
    if not going.files:
        app.notify(f"{_kept(going.cited)}; delete those first", severity="warning", markup=False)
        return False
    which = branch.path if branch.entry.id else f"{counted(going.files, 'file')} in {branch.path}/"
    which = f"{which}, {format.size(going.file_size)}"
    what = f"Deletes {which}. z brings it back, until somebody has content removed by `mltui gc --yes`."
    if going.cited:
        what += f"\n\n{_kept(going.cited)}."
    if not await app.push_screen_wait(Confirm(f"Delete {branch.path}?", what)):
        return False
    if branch.entry.id is not None:
        await app.client.delete_artifact(branch.entry.id)
        await remember(app, f"deleted {branch.path}", "artifact.delete", [branch.entry.id])
    else:
        deletion = await app.client.delete_artifacts(run, branch.path)
        await remember(app, f"deleted {branch.path}/", "artifacts.delete", [deletion.id])
    return True


def _kept(cited: Sequence[CitedArtifact]) -> str:
    shown = ", ".join(f"{one.name} (cited by model version {one.version})" for one in cited[:NAMED])
    more = f" and {len(cited) - NAMED:,} more" if len(cited) > NAMED else ""
    return f"{shown}{more} {'stays' if len(cited) == 1 else 'stay'}"


async def _rows(app: "MltuiApp", run: str, branch: Branch) -> list[ArtifactRow]:
    from mltui.artifact_files import artifacts_at

    assert branch.entry is not None
    if branch.entry.id is not None:
        return [await app.client.artifact(branch.entry.id)]
    return await artifacts_at(app.client, run, branch.path)


def _fault_of(name: str) -> str:
    """Why nothing can be saved there; empty where, as far as can be seen, something can."""
    if not name.strip():
        return "write the name of a folder"
    try:
        path = path_of(name)
        if path.exists() and not path.is_dir():
            return f"{path} is a file; write the name of a folder"
        return "" if path.is_dir() or path.parent.is_dir() else f"there is no folder {path.parent}"
    except (OSError, RuntimeError, ValueError) as error:
        return str(error)
