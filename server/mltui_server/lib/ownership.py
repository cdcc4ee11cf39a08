"""One server a data folder: the embedded Postgres and sample store have one owner."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

LOCK_FILE = "server.lock"


class AlreadyOwned(Exception):
    """Another server holds the data folder."""


@contextlib.contextmanager
def own(data_dir: Path) -> Iterator[None]:
    """Hold the folder for as long as the block; the kernel lets go when the process dies. Raises AlreadyOwned."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / LOCK_FILE).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            raise AlreadyOwned(
                f"{data_dir} belongs to a server that runs already (pid {owner}); "
                "stop it, or choose another folder with --data-dir or MLTUI_DATA_DIR"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
