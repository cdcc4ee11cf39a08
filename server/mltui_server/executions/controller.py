"""/api/v1/executions: the agents' door."""

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody

from mltui.wire.executions import Claim, CreateExecution, ExecutionRow, Finish, Heartbeat, Orders, Work
from mltui_server.executions import service
from mltui_server.executions.queries import execution_row
from mltui_server.lib.principal import RequestPrincipal
from mltui_server.lib.session import RequestSession


class ExecutionController(Controller):
    path = "/executions"
    tags = ("executions",)

    @post()
    async def begin_outside(
        self, session: RequestSession, principal: RequestPrincipal, data: JSONBody[CreateExecution]
    ) -> Work:
        """Track a command that runs outside, with a run of its own."""
        return await service.begin_outside(session, principal, data)

    @get("/{execution_id:str}")
    async def show(self, session: RequestSession, execution_id: FromPath[str]) -> ExecutionRow:
        return execution_row(await service.find(session, execution_id))

    @post("/{execution_id:str}/claim", status_code=200)
    async def claim(
        self, session: RequestSession, principal: RequestPrincipal, execution_id: FromPath[str], data: JSONBody[Claim]
    ) -> Work:
        """409 unless this agent is the first to ask, or asks again."""
        return await service.claim(session, principal, execution_id, data)

    @post("/{execution_id:str}/heartbeat", status_code=200)
    async def heartbeat(
        self, session: RequestSession, execution_id: FromPath[str], data: JSONBody[Heartbeat]
    ) -> Orders:
        """409 once it has ended."""
        return await service.heartbeat(session, execution_id, data)

    @post("/{execution_id:str}/finish", status_code=200)
    async def finish(
        self, session: RequestSession, principal: RequestPrincipal, execution_id: FromPath[str], data: JSONBody[Finish]
    ) -> ExecutionRow:
        return await service.finish(session, principal, execution_id, data)
