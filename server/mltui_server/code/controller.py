"""/api/v1/runs/{id}/code."""

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody

from mltui.wire.code import CodeVersion, RecordCode
from mltui_server.code import service
from mltui_server.lib.session import RequestSession


class CodeController(Controller):
    path = "/runs/{run_id:str}/code"
    tags = ("runs",)

    @get()
    async def show(self, session: RequestSession, run_id: FromPath[str]) -> list[CodeVersion]:
        """From which commit, with which changes, by which interpreter and packages each scope ran; empty where nobody
        has told.
        """
        return await service.show(session, run_id)

    @post(status_code=204)
    async def record(self, session: RequestSession, run_id: FromPath[str], data: JSONBody[RecordCode]) -> None:
        """What an agent or a program tells. Several may tell of one scope; each field keeps the latest word."""
        await service.record(session, run_id, data)
