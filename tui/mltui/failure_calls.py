"""The client's calls about what a run was run from, and why it failed."""

import msgspec

from mltui.transport import Transport, path_part
from mltui.wire.code import CodeVersion, RecordCode
from mltui.wire.why import Why


class FailureCalls(Transport):
    async def code(self, run_id: str) -> list[CodeVersion]:
        """Of each scope of the run; empty where nobody has told."""
        return await self._call(list[CodeVersion], "GET", f"/runs/{path_part(run_id)}/code")

    async def record_code(self, run_id: str, code: RecordCode) -> None:
        await self._send("POST", f"/runs/{path_part(run_id)}/code", msgspec.json.encode(code))

    async def why(self, run_id: str) -> Why:
        """Refused with 409 for a run that did not fail."""
        return await self._call(Why, "GET", f"/runs/{path_part(run_id)}/why")
