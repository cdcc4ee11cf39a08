"""How much was refused for good: asked for by everybody who wants to know whether the server is well."""

from collections.abc import Callable, Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.health import Component
from mltui.wire.samples import RefusedTotal
from mltui_server.db.database import Database
from mltui_server.metrics.models import PointRefused
from mltui_server.samples.models import SampleRefused
from mltui_server.samples.set_aside import newest, points_in, samples_in

READ_AT_ONCE = 100
"""Batches of one answer of the database."""
Kind = type[SampleRefused | PointRefused]
COUNT: Mapping[Kind, Callable[[bytes], int]] = {SampleRefused: samples_in, PointRefused: points_in}


class Refused:
    """What a batch holds is known by reading it, which is done once: none changes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counts: dict[Kind, dict[int, int]] = {kind: {} for kind in COUNT}

    async def total(self) -> RefusedTotal:
        async with self._database.session() as session:
            return await self._total(session)

    async def check(self) -> Component:
        """Degraded for as long as anything is set aside."""
        async with self._database.session() as session:
            total, last = await self._total(session), await newest(session, 1)
        if not last:
            return Component(name="refused", status="ok", detail="nothing is set aside")
        detail = f"refused and set aside: {total.words}; the last: {last[0].reason}; see `mltui samples ls`"
        return Component(name="refused", status="degraded", detail=detail)

    async def _total(self, session: AsyncSession) -> RefusedTotal:
        samples, points = [await self._of(session, kind) for kind in COUNT]
        return RefusedTotal(samples=sum(samples), points=sum(points), batches=len(samples) + len(points))

    async def _of(self, session: AsyncSession, kind: Kind) -> list[int]:
        """How much each batch holds."""
        counts, there = self._counts[kind], set(await session.scalars(select(kind.id)))
        new = sorted(there - counts.keys())
        for start in range(0, len(new), READ_AT_ONCE):
            wanted = kind.id.in_(new[start : start + READ_AT_ONCE])
            for id_, body in await session.execute(select(kind.id, kind.body).where(wanted)):
                counts[id_] = COUNT[kind](body)
        for gone in counts.keys() - there:
            del counts[gone]
        return list(counts.values())
