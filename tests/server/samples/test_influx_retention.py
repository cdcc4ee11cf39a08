"""Retention on InfluxDB 1.x, as its settings change from start to start; and what a network between changes."""

import pytest
from influx_process import direct
from store_calls import columns, exported

from mltui_server.samples.influx.access import Access, Retention
from mltui_server.samples.influx.store import InfluxStore

NEVER = "0s"


async def policies(access: Access) -> dict[str, tuple[str, bool]]:
    """Duration of each retention policy, and whether it is the default."""
    async with direct(access) as http:
        answer = await http.post("/query", data={"q": f'SHOW RETENTION POLICIES ON "{access.database}"'})
    return {row[0]: (row[1], row[4]) for row in answer.json()["results"][0]["series"][0]["values"]}


async def test_retention_follows_the_settings_at_each_start(influx_access):
    for retention, metrics, resources, rollups in (
        (Retention(), NEVER, NEVER, NEVER),
        (Retention("36h", "1h", "2d"), "36h0m0s", "1h0m0s", "48h0m0s"),
        (Retention("52w", "30d"), "8736h0m0s", "720h0m0s", NEVER),
        (Retention(), NEVER, NEVER, NEVER),
    ):
        store = InfluxStore(influx_access, retention)
        assert (await store.health()).status == "ok"
        assert await policies(influx_access) == {
            "autogen": (metrics, True), "resource": (resources, False), "rollup": (rollups, False)
        }  # fmt: skip
        await store.close()


async def test_a_compressed_body_is_understood(influx_access, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Access, "remote", True)
    store = InfluxStore(influx_access, Retention())
    await store.write([1], [columns([float(i) for i in range(1000)])])
    assert len(await exported(store)) == 1000
    await store.close()
