"""What can be done to artifacts: saved where the console runs, and deleted, a file or a folder of them."""

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mltui.console import format
from mltui.console.screens.ask_text import AskLine
from mltui.console.screens.dialog import Confirm
from mltui.console.screens.file_names import path_of
from mltui.console.screens.saving import Saving
from mltui.console.state.folder_tree import Branch
from mltui.wire.artifacts import ArtifactRow

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp


async def save(app: "MltuiApp", run: str, branch: Branch) -> None:
    """Ask which folder to save it in, and do."""
    what = "The folder to save it in, where this console runs; files that are there already are kept"
    name = await app.push_screen_wait(AskLine(f"Save {branch.path}", what, str(Path.cwd()), _fault_of))
    if name is None:
        return
    rows = await _rows(app, run, branch)
    above = str(PurePosixPath(branch.path).parent)
    said = await app.push_screen_wait(Saving(branch.path, rows, path_of(name), "" if above == "." else above))
    if said is not None:
        app.notify(said, markup=False)


async def delete(app: "MltuiApp", run: str, branch: Branch) -> bool:
    """Ask, and delete it. Whether it was done."""
    assert branch.entry is not None
    count, size = branch.entry.files, format.size(branch.entry.file_size)
    which = f"{branch.path}, {size}" if branch.entry.id else f"all {count:,} files in {branch.path}/, {size}"
    what = f"Deletes {which}. It is not shown any more; its content stays until somebody runs `mltui gc --yes`."
    if not await app.push_screen_wait(Confirm(f"Delete {branch.path}?", what)):
        return False
    for row in await _rows(app, run, branch):
        await app.client.delete_artifact(row.id)
    return True


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
