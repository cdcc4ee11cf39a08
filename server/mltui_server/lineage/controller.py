"""/api/v1/lineage: what something came from, and what it led to."""

from typing import Annotated

from litestar import Controller, get
from litestar.params import FromQuery, PathParameter

from mltui.wire.lineage import DEPTH, MAX_DEPTH, MAX_NODES, NODES, Direction, Lineage
from mltui_server.lib.errors import Invalid
from mltui_server.lib.session import RequestSession
from mltui_server.lineage import queries

Key = Annotated[
    str,
    PathParameter(
        description="Id of a run, stage run, artifact, dataset, ingestion job or model version; the last also "
        "as name/3 or name@champion; a model's name for its newest version; a run's, dataset's or job's name"
    ),
]


class LineageController(Controller):
    path = "/lineage"
    tags = ("lineage",)

    @get()
    async def of_source(
        self,
        session: RequestSession,
        uri: FromQuery[str],
        direction: FromQuery[Direction] = "both",
        depth: FromQuery[int] = DEPTH,
        limit: FromQuery[int] = NODES,
    ) -> Lineage:
        """What came from a URI: of an ingestion job, of a dataset or of a model's version that were brought from there,
        exactly as it was written there.
        """
        _check(depth, limit)
        return await queries.lineage_of_source(session, uri, direction, depth, limit)

    @get("/{key:path}")
    async def show(
        self,
        session: RequestSession,
        key: Key,
        direction: FromQuery[Direction] = "both",
        depth: FromQuery[int] = DEPTH,
        limit: FromQuery[int] = NODES,
    ) -> Lineage:
        """Nodes and edges within `depth` hops, at most `limit` nodes each way. `cut` names those beyond which there is
        more.
        """
        _check(depth, limit)
        root = await queries.find(session, key.removeprefix("/"))
        return await queries.lineage(session, root, direction, depth, limit)


def _check(depth: int, limit: int) -> None:
    for name, value, most in (("depth", depth, MAX_DEPTH), ("limit", limit, MAX_NODES)):
        if not 1 <= value <= most:
            raise Invalid(f"{name} is {value}; it must be between 1 and {most}")
