"""Names of a run's artifacts: as on a disk, where they are to go, none is a file and a folder at once."""

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.artifact_names import with_short_parts
from mltui.wire.artifacts import ArtifactStatus
from mltui_server.artifacts.held import hold
from mltui_server.artifacts.models import Artifact
from mltui_server.lib.errors import Invalid


def folders_of(names: Iterable[str]) -> set[str]:
    """All folders that these files are in."""
    return {str(folder) for name in names for folder in PurePosixPath(name).parents} - {"."}


async def take_names(session: AsyncSession, run: UUID, names: Sequence[str]) -> None:
    """Hold them, and raise Invalid as `check_names` does."""
    await hold_names(session, run, names)
    await check_names(session, run, names)


async def hold_names(session: AsyncSession, run: UUID, names: Sequence[str]) -> None:
    """Until the transaction ends, nobody else puts a file under one of these names, below it or in place of a folder
    that it is in. Contents are held before names.
    """
    await hold(session, *(f"{run}/{name}" for name in names), shared=[f"{run}/{one}" for one in folders_of(names)])


async def check_names(session: AsyncSession, run: UUID, names: Sequence[str]) -> None:
    """Raises Invalid where one of them is a folder of the run's artifacts, or is in a folder that is a file there, and
    where no disk takes it.
    """
    for name in names:
        try:
            with_short_parts(name)
        except ValueError as error:
            raise Invalid(f"$.name: {error}") from None
    if why := await clash(session, run, names):
        raise Invalid(f"$.name: {why}; choose another name, or delete that first")


async def clash(session: AsyncSession, run: UUID, names: Sequence[str]) -> str | None:
    """What the run has that cannot be beside one of these, in words."""
    depths = {name.count("/") + 1 for name in names}
    # What is deeper than one of them begins with it.
    below = [func.substring(Artifact.name, f"^(?:[^/]+/){{{depth}}}").in_([f"{name}/" for name in names])
             for depth in depths]  # fmt: skip
    there = await session.scalar(
        select(Artifact.name).where(
            Artifact.run_id == run, Artifact.is_active.is_(True), Artifact.status == ArtifactStatus.READY.value,
            or_(Artifact.name.in_(folders_of(names)), *below),
        ).limit(1)
    )  # fmt: skip
    if there is None:
        return None
    if is_folder := folders_of([there]).intersection(names):
        return f"{is_folder.pop()!r} cannot be a file: it is a folder, with {there!r} in it"
    lost = next(name for name in names if there in folders_of([name]))
    return f"{lost!r} cannot lie in {there!r}: that is a file"
