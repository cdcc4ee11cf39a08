"""Sending lines, and finding those that the server will never take: everything else must get past them."""

import asyncio
from collections.abc import Sequence

from mltui_server.lib.tasks import each
from mltui_server.samples.influx.asking import Places
from mltui_server.samples.influx.client import InfluxClient
from mltui_server.samples.influx.lines import Body, bodies
from mltui_server.samples.store import RefusedSamples, SeriesColumns

AT_ONCE = 3
"""Bodies under way: while the server works on one, the next is made."""
SEARCH_REQUESTS = 1_000
"""For one write's refused lines. Past that, what is refused is set aside in larger pieces."""


class Sending:
    """One write."""

    def __init__(self, client: InfluxClient, places: Places) -> None:
        self._client, self._places = client, places
        self._searched = 0
        self.refused: list[RefusedSamples] = []

    async def send(self, columns: Sequence[SeriesColumns]) -> None:
        """Raises StoreError where the server cannot be used: then all of it is to be sent again."""
        await each(bodies(columns), AT_ONCE, self._send)

    async def _send(self, body: Body) -> None:
        """Halves what is refused until single lines are left: there is something wrong with those."""
        sent = await asyncio.to_thread(body.encode)
        answer = await self._client.write(self._places[body.measurement], sent)
        if answer is None:
            return
        count = len(body)
        if count in (1, answer.lines) or self._searched >= SEARCH_REQUESTS:
            self._set_aside(body, answer.reason)
            return
        self._searched += 2
        await self._send(body.part(0, count // 2))
        await self._send(body.part(count // 2, count))

    def _set_aside(self, body: Body, reason: str) -> None:
        self.refused += [RefusedSamples(piece.columns.name, piece.start, piece.stop, reason) for piece in body.pieces]
