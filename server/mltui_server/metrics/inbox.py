"""Taking points in: durable in Postgres when `put` returns, with the label sets that they brought."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

from mltui.wire.metrics import MetricType
from mltui_server.lib.errors import NotFound
from mltui_server.metrics.known import KnownMetric, KnownMetrics, Values
from mltui_server.metrics.packed import encode, pack
from mltui_server.samples.inbox import Inbox

STORE = """
INSERT INTO point_inbox (metric_id, samples, body)
SELECT id, %b, %b FROM metric WHERE id = %b AND deleted_at IS NULL"""


@dataclass(frozen=True)
class Incoming:
    """Checked points of one metric. `columns`: what the store has after series and time."""

    metric: KnownMetric
    labels: Sequence[Values]
    times: Sequence[int]
    columns: Sequence[Sequence[Any]]

    @property
    def samples(self) -> int:
        """Numbers and states in it."""
        return sum(map(len, self.columns[1])) if self.metric.type is MetricType.HISTOGRAM else len(self.times)

    def row(self, ids: Mapping[Values, int]) -> tuple[Any, ...]:
        """For STORE."""
        series = [ids[values] for values in self.labels]
        return self.samples, encode(pack(self.metric.type, [series, self.times, *self.columns])), self.metric.id


class PointInbox:
    """Shares its capacity with the samples of runs."""

    def __init__(self, pool: AsyncConnectionPool, inbox: Inbox, known: KnownMetrics) -> None:
        self._pool, self._inbox, self.known = pool, inbox, known

    async def put(self, points: Sequence[Incoming]) -> None:
        """All of it, or nothing.

        Raises Invalid where a metric would have too many label sets, NotFound where one has been deleted, Unavailable
        while the inbox or its disk is full.
        """
        samples = sum(one.samples for one in points)
        self._inbox.admit(samples)
        try:
            with self._inbox.writing():
                async with self._pool.connection() as connection:
                    if len(points) == 1 and not points[0].metric.unknown(points[0].labels):
                        await self._store(connection, points[0], points[0].metric.sets)
                    else:
                        await self._put_all(connection, points)
        except psycopg.errors.ForeignKeyViolation:
            # Deleted for good at this moment.
            for one in points:
                self.known.forget(one.metric.name)
            raise NotFound("metric", " or ".join(one.metric.name for one in points)) from None
        self._inbox.came_in(samples)

    async def _put_all(self, connection: psycopg.AsyncConnection, points: Sequence[Incoming]) -> None:
        found: list[tuple[KnownMetric, dict[Values, int]]] = []
        async with connection.transaction():
            # In order, as each metric is locked.
            for one in sorted(points, key=lambda one: one.metric.id):
                new = one.metric.unknown(one.labels)
                ids = await self.known.register(connection, one.metric, new) if new else {}
                found.append((one.metric, ids))
                await self._store(connection, one, one.metric.sets | ids)
        for metric, ids in found:
            metric.sets.update(ids)

    async def _store(self, connection: psycopg.AsyncConnection, one: Incoming, ids: Mapping[Values, int]) -> None:
        if not (await connection.execute(STORE, one.row(ids))).rowcount:
            self.known.forget(one.metric.name)
            raise NotFound("metric", one.metric.name)
