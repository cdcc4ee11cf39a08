"""Where a worker keeps what it copies and writes: a folder of its own, which goes with it whatever becomes of it.

A worker that is killed cannot clean up. The next one does: a folder whose lock nobody holds belongs to nobody.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

PREFIX = "work-"


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """A folder in `folder`, which is that of a run's stage. What dead workers left in those of other runs goes."""
    runs = folder.absolute().parents[1]
    # Locked, so that nobody takes a folder that is not held yet for one that is not held any more.
    with ExitStack() as kept:
        with _held(runs, wait=True):
            for left in runs.glob(f"*/{folder.name}/{PREFIX}*"):
                with suppress(BlockingIOError), _held(left):
                    shutil.rmtree(left, ignore_errors=True)
            made = TemporaryDirectory(dir=folder, prefix=PREFIX, ignore_cleanup_errors=True)
            own = Path(kept.enter_context(made))
            kept.enter_context(_held(own))
        yield own


@contextmanager
def _held(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Locked against everybody else, for as long as the process lives. Raises BlockingIOError when somebody has it."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(opened)
