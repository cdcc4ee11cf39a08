"""InfluxStore: the sample store for everything bigger, on InfluxDB 1.6 to 3.

Nothing of what was written is remembered: times are unique within a series and the same at every attempt, so that what
is written again replaces itself. InfluxDB knows no transactions: who reads while a large write goes on may see a part.
"""

import time
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from uuid import UUID

import httpx
import pyarrow as pa

from mltui.wire.health import Component
from mltui_server.lib.tasks import each
from mltui_server.samples.influx.access import Access, Retention
from mltui_server.samples.influx.asking import Asking
from mltui_server.samples.influx.buckets import read_buckets
from mltui_server.samples.influx.client import InfluxClient
from mltui_server.samples.influx.export import exported
from mltui_server.samples.influx.point_store import InfluxPoints
from mltui_server.samples.influx.presence import Presence
from mltui_server.samples.influx.sealing import Sealer
from mltui_server.samples.influx.sending import Sending
from mltui_server.samples.refusals import without
from mltui_server.samples.store import Buckets, RefusedSamples, Selection, SeriesColumns, StoreError

PART_SAMPLES = 60_000
PARTS_AT_ONCE = 2
"""While the server takes in the one, the other is summed up."""


class InfluxStore:
    """Asks nothing of the server until it is used: it may be away when ours starts. `transport` is for tests."""

    def __init__(self, access: Access, retention: Retention, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._client, self._retention = InfluxClient(access, transport), retention
        self._presence = Presence(self._client, retention)
        self._sealer = Sealer(self._client)
        self.points = InfluxPoints(self._client, self._presence)

    async def applied(self) -> frozenset[int]:
        return frozenset()

    async def write(self, ids: Collection[int], columns: Sequence[SeriesColumns]) -> Sequence[RefusedSamples]:
        async with self._presence.control() as control:
            sending = Sending(self._client, control.places)

            async def move(part: Sequence[SeriesColumns]) -> None:
                await sending.send(part)
                await self._sealer.seal(control.places, without(sending.refused, part))

            await each(_parts(columns), PARTS_AT_ONCE, move)
            return sending.refused

    async def buckets(self, selection: Selection, count: int) -> Buckets | None:
        async with self._presence.control() as control:
            return await read_buckets(Asking(self._client, control.places, selection.run), selection, count)

    async def export(self, selection: Selection, key: str) -> AsyncIterator[pa.RecordBatch]:
        async with self._presence.control() as control:
            asking = Asking(self._client, control.places, selection.run)
            async for batch in exported(asking, selection, key):
                yield batch

    async def delete_run(self, run: UUID) -> None:
        async with self._presence.control() as control:
            await control.delete_run(run)

    def size(self) -> None:
        """It lies elsewhere."""

    async def health(self) -> Component:
        """Degraded while the server cannot be used: samples wait in the inbox, and nobody is stopped."""
        started = time.perf_counter()
        access = self._client.access
        try:
            await self._presence.look()
            async with self._presence.control() as control:
                place = control.places["metric"]
                # Asks for nothing, but with our credentials and of our database.
                source = place.source("metric")
                await self._client.query(place, [f'SELECT "v" FROM {source} WHERE time >= 0 AND time <= 0 LIMIT 1'])
        except StoreError as error:
            return Component(name="samples", status="degraded", detail=f"{error}; samples wait in the inbox")
        return Component(
            name="samples",
            status="ok",
            version=f"InfluxDB {self._client.version}",
            latency_ms=round((time.perf_counter() - started) * 1000, 2),
            detail=f"{access.url}, database {access.database}; keeps {self._retention.words}",
        )

    async def close(self) -> None:
        await self._presence.close()
        await self._client.close()


def _parts(columns: Sequence[SeriesColumns]) -> Iterator[list[SeriesColumns]]:
    """Whole series, together some PART_SAMPLES."""
    part, total = list[SeriesColumns](), 0
    for series in columns:
        part.append(series)
        total += len(series.times)
        if total >= PART_SAMPLES:
            yield part
            part, total = [], 0
    if part:
        yield part
