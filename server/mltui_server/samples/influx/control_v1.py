"""InfluxDB 1.x: a database with a retention policy for each kind, all by InfluxQL."""

from collections.abc import Collection
from uuid import UUID

from mltui_server.samples.influx.access import Retention
from mltui_server.samples.influx.asking import Places
from mltui_server.samples.influx.client import InfluxClient, Place
from mltui_server.samples.influx.control import POLICIES
from mltui_server.samples.influx.schema import MEASUREMENTS, POINTS, name, text

DELETED_AT_ONCE = 200
"""Label sets of one statement."""


class ControlV1:
    def __init__(self, client: InfluxClient) -> None:
        self._client, database = client, client.access.database
        self._database = name(database)
        self.places: Places = {kind: Place(database, policy) for kind, policy in POLICIES.items()}

    async def prepare(self, retention: Retention) -> None:
        """The default policy is the metrics'."""
        shown = await self._run(f"CREATE DATABASE {self._database}", f"SHOW RETENTION POLICIES ON {self._database}")
        existing = {row[0] for row in shown[1]}
        statements = []
        for kind, policy in POLICIES.items():
            more = " DEFAULT" if kind == "metric" else ""
            what = f"RETENTION POLICY {name(policy)} ON {self._database} DURATION {retention.of(kind) or 'INF'}"
            # Shards of zero: as long as suits the duration. Shards longer than it are refused.
            made = f"CREATE {what} REPLICATION 1 SHARD DURATION 0s{more}"
            statements.append(f"ALTER {what} SHARD DURATION 0s{more}" if policy in existing else made)
        await self._run(*statements)

    async def delete_run(self, run: UUID) -> None:
        """From all retention policies: InfluxQL's DELETE knows none."""
        measurements = sorted({one for several in MEASUREMENTS.values() for one in several})
        await self._run(*(f'DELETE FROM {name(one)} WHERE "run" = {text(str(run))}' for one in measurements))

    async def delete_points(self, label_sets: Collection[int]) -> None:
        ids = sorted(label_sets)
        for start in range(0, len(ids), DELETED_AT_ONCE):
            some = ids[start : start + DELETED_AT_ONCE]
            wanted = " OR ".join(f'"labelset" = {text(str(one))}' for one in some)
            await self._run(*(f"DELETE FROM {name(one)} WHERE {wanted}" for one in POINTS.values()))

    async def _run(self, *statements: str) -> list[list[list[object]]]:
        """The values of each statement."""
        results = await self._client.query(self.places["metric"], statements)
        return [result.series[0].values if result.series else [] for result in results]
