"""`mltui serve` and `python -m mltui_server`: the server as a process."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import sqlalchemy.exc
import structlog
import uvicorn
from litestar import Litestar

from mltui_server.app import create_app
from mltui_server.db.embedded import embedded_postgres
from mltui_server.db.upgrade import current_schema, newest, upgrade
from mltui_server.lib.logging import configure_logging
from mltui_server.lib.ownership import AlreadyOwned, own
from mltui_server.samples.store import StoreError
from mltui_server.settings import Settings, SettingsError, check_address, load_settings

STOP_WITHIN_S = 3
"""For open requests and sockets, of the five seconds that a stop may take; Postgres needs the rest."""

logger = structlog.get_logger(__name__)


def serve(settings: Settings, *, insecure: bool = False) -> int:
    """Serve until SIGTERM or Ctrl-C. Returns the exit code; a start that fails says why in one line on stderr."""
    configure_logging(settings)
    # uvicorn takes the signals while it runs and raises them again when it has stopped: as an exception, this lets
    # the blocks around it stop Postgres. One is enough; a second must not interrupt that.
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        check_address(settings, insecure)
        with contextlib.ExitStack() as stack:
            stack.enter_context(own(settings.data_path))
            listener = stack.enter_context(_listen(settings))
            dsn = settings.database_url or stack.enter_context(embedded_postgres(settings.data_path))
            if settings.database_url:
                _check_external(dsn)
            else:
                upgrade(dsn)
            _run(settings, dsn, listener)
    except (SettingsError, AlreadyOwned, StoreError, OSError) as error:
        print(f"mltui serve: {error}", file=sys.stderr)
        return 2
    return 0


def _check_external(dsn: str) -> None:
    """Raises SettingsError when the external database does not answer, or has another schema than this version's."""
    try:
        found = current_schema(dsn)
    except sqlalchemy.exc.DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise SettingsError(f"DATABASE_URL: the database does not answer: {reason}") from None
    except sqlalchemy.exc.ArgumentError:
        raise SettingsError("DATABASE_URL is no address; it looks like postgresql://user:password@host/name") from None
    if found != newest():
        raise SettingsError(
            f"the database has schema {found or 'none'}, this version needs {newest()}: run `mltui db upgrade` first"
        )


def _listen(settings: Settings) -> socket.socket:
    """Bound before anything else starts: a port that is taken costs nothing, and port 0 is known to the agents."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"cannot listen on {settings.host}:{settings.port}: {os.strerror(error.errno or 0)}; "
            "choose another with --port or MLTUI_PORT"
        ) from None
    return listener


def _run(settings: Settings, dsn: str, listener: socket.socket) -> None:
    host, port = listener.getsockname()[:2]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    with _told_where(settings.data_path / "server.url", url):
        app = create_app(settings, dsn, url)
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            ws_ping_interval=20,
            ws_ping_timeout=20,
            timeout_graceful_shutdown=STOP_WITHIN_S,
        )
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(_serve(app, config, listener, url))


async def _serve(app: Litestar, config: uvicorn.Config, listener: socket.socket, url: str) -> None:
    # Not uvicorn's own lifespan: what fails in it reaches nobody but the log, as a traceback.
    try:
        async with app.lifespan():
            settings: Settings = app.state.settings
            # What has lived since the start need not be looked through, while everything waits, for what can go.
            gc.freeze()
            logger.info("serving", url=url, data=str(settings.data_path), database=settings.database_url and "external")
            try:
                await uvicorn.Server(config).serve(sockets=[listener])
            finally:
                # Python clears up only what is not frozen, and DuckDB's binding prints what is left of its own.
                gc.unfreeze()
    except BaseExceptionGroup as group:
        # The lifespan is a task group, which wraps whatever ends it: a store that cannot be opened, our SystemExit.
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from None


@contextlib.contextmanager
def _told_where(path: Path, url: str) -> Iterator[None]:
    """While the server runs, its address stands in a file: the way to find one that took a free port."""
    path.write_text(url + "\n")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _stop(*_: object) -> NoReturn:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    logger.info("stopping")
    raise SystemExit(0)


def main() -> int:
    try:
        return serve(load_settings())
    except SettingsError as error:
        print(f"mltui serve: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
