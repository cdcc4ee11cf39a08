"""Reading lineage: one recursive statement each way, and one for what the nodes are called."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.lineage import Direction, Lineage, LineageEdge, LineageNode, NodeKind
from mltui_server.lib.errors import Conflict, NotFound
from mltui_server.lineage.edges import CALLED, DOWN, DOWN_FROM_SEVERAL, FIND, FROM_SOURCE, NODES, UP
from mltui_server.registry import service as registry

WHAT = (
    "run (by id or name), dataset or job (likewise), model (by name), version (as name/3 or name@alias) "
    "or artifact (by id)"
)
FAN = 100
"""Neighbours of one node that are shown."""
NAMESAKES = 5
"""Things of one name that are listed to choose from."""
ROWS_A_NODE = 20
"""Edges that are read for each node that may be shown."""


class Place(NamedTuple):
    kind: str
    id: UUID


@dataclass
class Walk:
    """What was found in one direction, the nearest first."""

    places: list[Place] = field(default_factory=list)
    edges: list[tuple[UUID, UUID, str]] = field(default_factory=list)
    """(here, there, stage)"""
    cut: set[UUID] = field(default_factory=set)


async def find(session: AsyncSession, key: str) -> Place:
    """The node that an id, `name/3`, `name@champion` or a name means: a model's, for its newest version, a run's, a
    dataset's or a job's.

    Raises NotFound, and Conflict where several have that name.
    """
    try:
        id_ = UUID(key)
    except ValueError:
        return await _version(session, key) or await _called(session, key)
    found = (await session.execute(text(FIND), {"id": id_})).first()
    if found is None:
        raise NotFound(WHAT, key)
    return Place(found.kind, found.id)


async def _version(session: AsyncSession, key: str) -> Place | None:
    """None where it begins with no model's name: datasets may have such names, too."""
    for name in (key.rpartition("@")[0], key.rpartition("/")[0]):
        try:
            model = await registry.find(session, name)
        except NotFound:
            continue
        version = await registry.find_version(session, model, key[len(name) :].removeprefix("/"))
        return Place(NodeKind.MODEL_VERSION, version.id)
    return None


async def _called(session: AsyncSession, name: str) -> Place:
    found = (await session.execute(text(CALLED), {"name": name, "most": NAMESAKES + 1})).all()
    if not found:
        raise NotFound(WHAT, name)
    if len(found) > 1:
        few = ", ".join(f"{row.kind.replace('_', ' ')} {row.id}" for row in found[:NAMESAKES])
        more = ", …" * (len(found) > NAMESAKES)
        raise Conflict(f"several things are called {name!r}: {few}{more}; write an id")
    return Place(found[0].kind, found[0].id)


async def lineage(session: AsyncSession, root: Place, direction: Direction, depth: int, limit: int) -> Lineage:
    """At most `depth` hops and `limit` nodes each way."""
    up = await _walk(session, UP, [root], depth, limit) if direction != "down" else Walk()
    down = await _walk(session, DOWN, [root], depth, limit) if direction != "up" else Walk()
    places = list(dict.fromkeys([root, *up.places, *down.places]))
    rows = await _rows(session, places)
    nodes = [_node(rows[place.id]) for place in places if place.id in rows]
    edges = [LineageEdge(source=str(b), target=str(a), stage=stage) for a, b, stage in up.edges]
    edges += [LineageEdge(source=str(a), target=str(b), stage=stage) for a, b, stage in down.edges]
    if direction != "down":
        origins = [rows[place.id] for place in [root, *up.places] if place.id in rows and rows[place.id].uri]
        nodes += [_source(uri) for uri in dict.fromkeys(row.uri for row in origins)]
        edges += [LineageEdge(source=row.uri, target=str(row.id)) for row in origins]
    cut = [str(place.id) for place in places if place.id in up.cut | down.cut]
    return Lineage(root=str(root.id), nodes=nodes, edges=_once(edges), cut=cut)


async def lineage_of_source(session: AsyncSession, uri: str, direction: Direction, depth: int, limit: int) -> Lineage:
    """What came from a URI, which itself comes from nothing. Raises NotFound where nothing did."""
    most = min(FAN, limit)
    rows = (await session.execute(text(FROM_SOURCE), {"uri": uri, "most": most + 1})).all()
    if not rows:
        raise NotFound("source", uri)
    if direction == "up":
        return Lineage(root=uri, nodes=[_source(uri)], edges=[], cut=[])
    begun = [Place(row.kind, row.id) for row in rows[:most]]
    # The first hop is made.
    down = await _walk(session, DOWN_FROM_SEVERAL, begun, depth - 1, limit - 1)
    places = list(dict.fromkeys([*begun, *down.places]))
    known = await _rows(session, places)
    edges = [LineageEdge(source=uri, target=str(place.id)) for place in begun]
    edges += [LineageEdge(source=str(a), target=str(b), stage=stage) for a, b, stage in down.edges]
    cut = [uri] * (len(rows) > most) + [str(place.id) for place in places if place.id in down.cut]
    return Lineage(root=uri, nodes=[_source(uri), *(_node(known[place.id]) for place in places if place.id in known)],
                   edges=_once(edges), cut=cut)  # fmt: skip


async def _walk(session: AsyncSession, statement: str, roots: Sequence[Place], depth: int, limit: int) -> Walk:
    most = ROWS_A_NODE * max(limit, 1)
    kinds, ids = [str(root.kind) for root in roots], [root.id for root in roots]
    begin = {"kind": kinds[0], "id": ids[0], "kinds": kinds, "ids": ids}
    bounds = {"fan": FAN + 1, "depth": depth, "rows": most}
    rows = (await session.execute(text(statement), begin | bounds)).all()
    walk, seen = Walk(), set(ids)
    neighbours: dict[UUID, set[UUID]] = {}
    for row in sorted(rows, key=lambda row: row.depth):
        beside = neighbours.setdefault(row.here, set())
        beside.add(row.id)
        full = row.depth > depth or len(seen) > limit
        if row.here not in seen or len(beside) > FAN or (full and row.id not in seen):
            walk.cut.add(row.here)
            continue
        walk.edges.append((row.here, row.id, row.stage))
        if row.id not in seen:
            seen.add(row.id)
            walk.places.append(Place(row.kind, row.id))
    if len(rows) == most:
        walk.cut |= {row.here for row in rows[-1:]} | (seen - neighbours.keys())
    return walk


async def _rows(session: AsyncSession, places: Sequence[Place]) -> dict[UUID, Any]:
    kinds = [kind for kind in NodeKind if kind is not NodeKind.SOURCE]
    ids = {kind.value: [place.id for place in places if place.kind == kind] for kind in kinds}
    return {row.id: row for row in await session.execute(text(NODES), ids)}


def _node(row: Any) -> LineageNode:
    return LineageNode(
        id=str(row.id), kind=NodeKind(row.kind), name=row.name, state=row.state, note=row.note or "",
        run_id=str(row.run_id) if row.run_id else None, created_at=row.created_at,
    )  # fmt: skip


def _source(uri: str) -> LineageNode:
    return LineageNode(id=uri, kind=NodeKind.SOURCE, name=uri, state="", note="", run_id=None, created_at=None)


def _once(edges: Iterable[LineageEdge]) -> list[LineageEdge]:
    return list({(edge.source, edge.target): edge for edge in edges}.values())
