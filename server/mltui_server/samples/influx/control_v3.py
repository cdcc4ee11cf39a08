"""InfluxDB 3: a database for each kind, as it has no retention policies; over its own HTTP API.

Tested against recorded behaviour only.
"""

from collections.abc import Collection
from uuid import UUID

import structlog

from mltui_server.samples.influx.access import Retention
from mltui_server.samples.influx.asking import Places
from mltui_server.samples.influx.client import InfluxClient, Place
from mltui_server.samples.influx.schema import MEASUREMENTS

logger = structlog.get_logger(__name__)

CONFLICT = 409


class ControlV3:
    def __init__(self, client: InfluxClient) -> None:
        self._client, database = client, client.access.database
        self.places: Places = {
            kind: Place(database if kind == "metric" else f"{database}-{kind}", None) for kind in MEASUREMENTS
        }

    async def prepare(self, retention: Retention) -> None:
        """Sets retention where it makes a database; one that is there keeps what it has, as Core cannot change it."""
        for kind, place in self.places.items():
            duration = retention.of(kind)
            body = {"db": place.database} | ({"retention_period": duration} if duration else {})
            response = await self._client.call("POST", "/api/v3/configure/database", json=body)
            if response.status_code != CONFLICT:
                self._client.check(response)

    async def delete_run(self, run: UUID) -> None:
        """InfluxDB 3 Core cannot delete rows: they stay until retention takes them, and nothing shows them any more."""
        logger.info("InfluxDB 3 deletes by retention only; a deleted run's samples stay until then", run=str(run))

    async def delete_points(self, label_sets: Collection[int]) -> None:
        """The same."""
        logger.info("InfluxDB 3 deletes by retention only; a deleted metric's points stay until then",
                    label_sets=len(label_sets))  # fmt: skip
