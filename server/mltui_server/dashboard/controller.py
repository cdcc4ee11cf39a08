"""/api/v1/dashboard."""

from litestar import Controller, get
from litestar.datastructures import State
from litestar.params import FromQuery

from mltui.wire.dashboard import RECENT_DAYS, Overview, Stats, Trends
from mltui_server.dashboard import service
from mltui_server.health.service import health
from mltui_server.lib.session import RequestSession


class DashboardController(Controller):
    path = "/dashboard"
    tags = ("dashboard",)

    @get("/stats")
    async def stats(self, session: RequestSession) -> Stats:
        """Counts by state, and how the runs of the last seven days went."""
        return await service.stats(session)

    @get("/trends")
    async def trends(
        self, session: RequestSession, days: FromQuery[int] = RECENT_DAYS, tz: FromQuery[str] = "UTC"
    ) -> Trends:
        """Runs that ended on each of the last days. `tz` says when days begin: `Europe/Berlin`, or `+02:00` (in an
        address `%2B02:00`).
        """
        return await service.trends(session, days, tz)

    @get("/overview")
    async def overview(self, state: State, session: RequestSession) -> Overview:
        """The statistics, the slowest stages, disk and database, and all that needs attention."""
        # First, as it has sessions of its own: while it waits for a slow component, this one holds no connection.
        components = (await health(state.checks, state.started)).components
        return await service.overview(session, state.storage, state.samples.waiting(), components)
