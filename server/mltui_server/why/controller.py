"""/api/v1/runs/{id}/why."""

from litestar import Controller, get
from litestar.datastructures import State
from litestar.params import FromPath

from mltui.wire.why import Why
from mltui_server.why import service


class WhyController(Controller):
    path = "/runs/{run_id:str}/why"
    tags = ("runs",)

    @get()
    async def show(self, state: State, run_id: FromPath[str]) -> Why:
        """How it ended in words, the first error of its log, what the machine was like, which metrics became NaN, and
        what differs from the last good run of its pipeline. 409 for a run that did not fail.
        """
        return await service.why(state.database, state.logs, state.samples.store, run_id)
