"""InfluxDB 2.x: a bucket for each kind, mapped to retention policies of one database, on influxdb-client."""

import asyncio
from collections.abc import Callable, Collection
from typing import TypeVar
from uuid import UUID

import urllib3
from influxdb_client import Bucket, BucketRetentionRules, BucketsApi, DBRPCreate, DBRPsService, InfluxDBClient
from influxdb_client.rest import ApiException

from mltui_server.samples.influx.access import Retention
from mltui_server.samples.influx.asking import Places
from mltui_server.samples.influx.client import InfluxClient, Place
from mltui_server.samples.influx.control import POLICIES, seconds
from mltui_server.samples.influx.schema import MEASUREMENTS, POINTS, Kind
from mltui_server.samples.store import StoreError

T = TypeVar("T")

TIMEOUT_MS = 30_000
HOUR, DAY = 3_600, 86_400
FROM, TO = "1970-01-01T00:00:00Z", "2200-01-02T00:00:00Z"
"""Before and after every sample."""


class ControlV2:
    def __init__(self, client: InfluxClient) -> None:
        self._access = client.access
        database = client.access.database
        self.places: Places = {kind: Place(database, policy) for kind, policy in POLICIES.items()}
        self._buckets: dict[Kind, str] = {
            kind: database if kind == "metric" else f"{database}/{policy}" for kind, policy in POLICIES.items()
        }

    async def prepare(self, retention: Retention) -> None:
        await self._run(lambda server: self._prepare(server, retention))

    def _prepare(self, server: InfluxDBClient, retention: Retention) -> None:
        mappings = DBRPsService(server.api_client)
        mapped = mappings.get_dbr_ps(org=self._access.org, db=self._access.database).content or []
        policies = {mapping.retention_policy for mapping in mapped}
        for kind, name in self._buckets.items():
            bucket, policy = self._bucket(server, name, seconds(retention.of(kind))), POLICIES[kind]
            if policy not in policies:
                mappings.post_dbrp(
                    DBRPCreate(
                        org=self._access.org,
                        bucket_id=bucket,
                        database=self._access.database,
                        retention_policy=policy,
                        default=kind == "metric",
                    )
                )

    def _bucket(self, server: InfluxDBClient, name: str, every: int) -> str:
        """The id of the bucket, which is made if it is not there, and keeps samples for so many seconds (0: all)."""
        buckets = server.buckets_api()
        # It refuses a retention that is shorter than what it deletes at a time, and never makes that fit by itself.
        rules = BucketRetentionRules(type="expire", every_seconds=every, shard_group_duration_seconds=_shard(every))
        bucket = self._find(buckets, name)
        if bucket is None:
            bucket = buckets.create_bucket(bucket_name=name, retention_rules=rules, org=self._access.org)
        elif [rule.every_seconds for rule in bucket.retention_rules] != [every]:
            bucket.retention_rules = [rules]
            buckets.update_bucket(bucket)
        return str(bucket.id)

    def _find(self, buckets: BucketsApi, name: str) -> Bucket | None:
        try:
            found = buckets.find_buckets(name=name, org=self._access.org).buckets
        except ApiException as error:
            if error.status != 404:
                raise
            return None  # or there is no such organization, which making the bucket will tell
        return found[0] if found else None

    async def delete_run(self, run: UUID) -> None:
        def delete(server: InfluxDBClient) -> None:
            for kind, bucket in self._buckets.items():
                for measurement in MEASUREMENTS[kind]:
                    predicate = f'_measurement="{measurement}" AND run="{run}"'
                    server.delete_api().delete(FROM, TO, predicate, bucket=bucket, org=self._access.org)

        await self._run(delete)

    async def delete_points(self, label_sets: Collection[int]) -> None:
        """One by one: its predicates know no OR."""

        def delete(server: InfluxDBClient) -> None:
            for measurement in POINTS.values():
                for one in label_sets:
                    predicate = f'_measurement="{measurement}" AND labelset="{one}"'
                    bucket = self._buckets["metric"]
                    server.delete_api().delete(FROM, TO, predicate, bucket=bucket, org=self._access.org)

        await self._run(delete)

    async def _run(self, action: Callable[[InfluxDBClient], T]) -> T:
        return await asyncio.to_thread(self._explained, action)

    def _explained(self, action: Callable[[InfluxDBClient], T]) -> T:
        access, where = self._access, f"InfluxDB at {self._access.url}"
        credentials = (
            {"token": access.token} if access.token else {"username": access.user, "password": access.password}
        )
        if not access.org:
            raise StoreError(f"{where} has version 2, which needs an organization: set INFLUX_ORG")
        try:
            with InfluxDBClient(access.url, org=access.org, timeout=TIMEOUT_MS, **credentials) as server:
                return action(server)
        except ApiException as error:
            said = access.without_secrets(f"HTTP {error.status}: {error.message or error.reason}")
            advice = "; check INFLUX_TOKEN, INFLUX_ORG and what they may do" if error.status in (401, 403, 404) else ""
            raise StoreError(f"{where} refused: {said}{advice}") from None
        except urllib3.exceptions.HTTPError as error:
            raise StoreError(
                f"{where} cannot be reached ({type(error).__name__}); start it, or check INFLUX_URL"
            ) from None


def _shard(every: int) -> int:
    """Seconds in a shard group, as InfluxDB chooses them where it is not told."""
    if 0 < every < 2 * DAY:
        return HOUR
    return DAY if 0 < every <= 180 * DAY else 7 * DAY
