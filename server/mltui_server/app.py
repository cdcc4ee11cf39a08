"""create_app(settings, dsn): the only place where the server's parts are put together."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide

from mltui_server.artifacts.contents import Contents
from mltui_server.artifacts.controller import ArtifactController, RunArtifactController
from mltui_server.artifacts.garbage import Collector
from mltui_server.artifacts.previews import Previews
from mltui_server.artifacts.stores import Stores
from mltui_server.artifacts.uploads import FOLDER as UPLOADS
from mltui_server.artifacts.uploads import Uploads
from mltui_server.code.controller import CodeController
from mltui_server.dashboard.controller import DashboardController
from mltui_server.dashboard.storage import StorageGauge
from mltui_server.datasets.controller import DatasetController, RunInputController
from mltui_server.db.database import Database
from mltui_server.engines.local import LocalEngine
from mltui_server.events.controller import EventController
from mltui_server.executions.controller import ExecutionController
from mltui_server.executions.lost import settle_exited
from mltui_server.executions.scheduler import Scheduler
from mltui_server.health.controller import show_health, show_metrics
from mltui_server.health.service import check_postgres, check_scheduler
from mltui_server.ingestion.controller import IngestionController
from mltui_server.lib.compressed import DecompressMiddleware
from mltui_server.lib.content_type import guard_json
from mltui_server.lib.cut_short import with_cut_short
from mltui_server.lib.docs import openapi_config, static_router
from mltui_server.lib.head import with_head
from mltui_server.lib.pagination import provide_window
from mltui_server.lib.parameters import guard_parameters
from mltui_server.lib.principal import provide_principal
from mltui_server.lib.problems import respond
from mltui_server.lib.request_id import RequestIdMiddleware
from mltui_server.lib.session import provide_session
from mltui_server.lineage.controller import LineageController
from mltui_server.live.hub import Hub
from mltui_server.live.socket import talk
from mltui_server.logs.controller import LogController
from mltui_server.logs.service import logs_service
from mltui_server.metrics.accept_texts import TextDoor
from mltui_server.metrics.controller import MetricController
from mltui_server.metrics.data_controller import MetricDataController
from mltui_server.metrics.inbox import PointInbox
from mltui_server.metrics.known import KnownMetrics
from mltui_server.metrics.text_controller import MetricTextController
from mltui_server.pipelines.controller import PipelineController
from mltui_server.registry.controller import CitingVersionController, ModelController, VersionController
from mltui_server.runs.controller import RunController
from mltui_server.samples.controller import InboxController, SampleController
from mltui_server.samples.refused import Refused
from mltui_server.samples.service import samples_service
from mltui_server.settings import Settings
from mltui_server.why.controller import WhyController

API = "/api/v1"


def create_app(settings: Settings, dsn: str, url: str | None = None) -> Litestar:
    """The server on the Postgres at `dsn`, already migrated. Everything it starts stops with its lifespan.

    `url` is where agents reach this server. Without one it starts none: work waits for agents from elsewhere.
    """
    app = Litestar(
        route_handlers=[
            Router(
                API,
                guards=[guard_json, guard_parameters],
                route_handlers=[
                    PipelineController,
                    RunController,
                    CodeController,
                    WhyController,
                    ExecutionController,
                    SampleController,
                    InboxController,
                    LogController,
                    ArtifactController,
                    RunArtifactController,
                    ModelController,
                    VersionController,
                    CitingVersionController,
                    LineageController,
                    DatasetController,
                    RunInputController,
                    IngestionController,
                    EventController,
                    DashboardController,
                    MetricController,
                    MetricDataController,
                    MetricTextController,
                ],
            ),
            talk,
            show_health,
            show_metrics,
            static_router(),
        ],
        dependencies={
            "session": Provide(provide_session),
            "principal": Provide(provide_principal),
            "window": Provide(provide_window, sync_to_thread=False),
        },
        exception_handlers={Exception: respond},
        middleware=[RequestIdMiddleware(), DecompressMiddleware()],
        lifespan=[lifespan],
        state=State({"settings": settings, "dsn": dsn, "url": url}),
        openapi_config=openapi_config(),
        logging_config=None,
    )
    app.asgi_handler = with_head(with_cut_short(app.asgi_handler))
    return app


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    """All that runs, on the settings, the Postgres and the address in the app's state."""
    state = app.state
    settings: Settings = state.settings
    url: str | None = state.url
    async with AsyncExitStack() as stack:
        state.started = time.monotonic()
        database = state.database = await stack.enter_async_context(Database(state.dsn))
        engine = LocalEngine(url, settings.data_path / "agents", settle_exited(database)) if url else None
        await stack.enter_async_context(Scheduler(database, settings, engine).running())
        samples = state.samples = await stack.enter_async_context(samples_service(settings, database))
        known = KnownMetrics(database.pool, settings.metric_label_sets)
        state.storage = StorageGauge(settings.data_path, samples.store)
        state.points = PointInbox(database.pool, samples.inbox, known)
        state.refused = Refused(database)
        state.texts = TextDoor(database, state.points)
        stores = Stores(settings)
        state.contents = Contents(database, stores, Uploads(settings.data_path / UPLOADS))
        state.previews = Previews(state.contents)
        state.collector = Collector(database, state.contents)
        state.logs, archivist = await stack.enter_async_context(logs_service(database, stores.local))
        state.hub = await stack.enter_async_context(Hub(database).running())
        state.checks = {
            "postgres": lambda: check_postgres(database, "external" if settings.database_url else "embedded"),
            "samples": samples.health,
            "refused": state.refused.check,
            "artifacts": stores.health,
            "logs": archivist.health,
            "scheduler": lambda: check_scheduler(database, settings.max_concurrent_pipelines),
        }
        yield
