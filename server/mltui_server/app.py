"""create_app(settings, dsn): the only place where the server's parts are put together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide

from mltui_server.db.database import Database
from mltui_server.lib.principal import provide_principal
from mltui_server.lib.problems import respond
from mltui_server.lib.request_id import RequestIdMiddleware
from mltui_server.lib.session import provide_session
from mltui_server.settings import Settings

API = "/api/v1"


def create_app(settings: Settings, dsn: str) -> Litestar:
    """The server on the Postgres at `dsn`, already migrated. Everything it starts stops with its lifespan."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            app.state.settings = settings
            app.state.database = await stack.enter_async_context(Database(dsn))
            yield

    return Litestar(
        route_handlers=[Router(API, route_handlers=[])],
        dependencies={"session": Provide(provide_session), "principal": Provide(provide_principal)},
        exception_handlers={Exception: respond},
        middleware=[RequestIdMiddleware()],
        lifespan=[lifespan],
        state=State(),
        openapi_config=None,
        logging_config=None,
    )
