"""InfluxDB's control plane, which each major version does differently: where samples go, and how they are deleted."""

import re
from collections.abc import Collection, Mapping
from typing import Protocol
from uuid import UUID

from mltui_server.samples.influx.access import Retention
from mltui_server.samples.influx.asking import Places
from mltui_server.samples.influx.client import InfluxClient
from mltui_server.samples.influx.schema import Kind
from mltui_server.samples.store import StoreError

POLICIES: Mapping[Kind, str] = {"metric": "autogen", "resource": "resource", "rollup": "rollup"}
"""Retention policies of 1.x, and of 2.x through its mapping to buckets; the metrics' is the default."""
SECONDS = {"h": 3600, "d": 86_400, "w": 604_800}


class Control(Protocol):
    """Raises StoreError where the server cannot be used."""

    places: Places

    async def prepare(self, retention: Retention) -> None:
        """Make what is missing, and have samples kept as long as is asked for."""

    async def delete_run(self, run: UUID) -> None: ...

    async def delete_points(self, label_sets: Collection[int]) -> None:
        """Of operational metrics: all of these label sets."""


def control_for(client: InfluxClient) -> Control:
    """The adapter for the server that `client` has pinged. Raises StoreError for a version that there is none for."""
    if client.major == 1:
        from mltui_server.samples.influx.control_v1 import ControlV1

        return ControlV1(client)
    if client.major == 2:
        # Late: its library is large, and only this version needs it.
        from mltui_server.samples.influx.control_v2 import ControlV2

        return ControlV2(client)
    if client.major == 3:
        from mltui_server.samples.influx.control_v3 import ControlV3

        return ControlV3(client)
    raise StoreError(f"InfluxDB {client.major} at {client.access.url} is not known here; 1.6 to 3 are")


def seconds(duration: str) -> int:
    """Of "30d" and the like; 0 of "", which is for ever."""
    found = re.fullmatch(r"(\d+)([hdw])", duration)
    return int(found[1]) * SECONDS[found[2]] if found else 0
