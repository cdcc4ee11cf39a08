"""Keys of every kind through line protocol and InfluxQL, and where resource series lie."""

import math
import struct

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from store_calls import RUN, columns, exported

from mltui_server.samples.influx import lines
from mltui_server.samples.influx.access import Access, Retention
from mltui_server.samples.influx.client import InfluxClient, Place
from mltui_server.samples.influx.lines import bodies
from mltui_server.samples.influx.schema import encoded, layout
from mltui_server.samples.influx.store import InfluxStore
from mltui_server.samples.store import SeriesColumns, SeriesName

AWKWARD = [
    "loss", "val/acc uracy", "a,b=c", "ends with \\", "\\", "a\\,b", "it's", 'say "so"', "Verlust ü 損失 🙂", " lead",
    "trail ", "100%", "100%25", "%5C", "#", "; DROP DATABASE", "' OR 1=1", "x" * 250, "\x7f",
    "sys/train/process/cpu_percent", "sys/a/b stage/gpu0/mem,ory=x", "sys/train/host/it's \"odd\"", "sys/x/host/time",
    "sys/x/host/run", "sys/x/host/v_nf", "sys/other", "sys//host/cpu", "sys/a\\/host\\/cpu\\",
]  # fmt: skip


async def test_awkward_keys_come_back_apart_from_each_other(influx_access):
    store = InfluxStore(influx_access, Retention())
    values = {key: [float(number), math.nan, -math.inf] for number, key in enumerate(AWKWARD)}
    assert await store.write([1], [columns(several, key=key) for key, several in values.items()]) == []
    for key, several in values.items():
        found = await exported(store, key)
        assert [row[:2] for row in found] == [(0, 0), (1, 1), (2, 2)], key
        assert [found[0][2], found[2][2]] == [several[0], -math.inf], key
        assert math.isnan(found[1][2])
    await store.delete_run(RUN)
    assert [key for key in AWKWARD if await exported(store, key)] == []
    await store.close()


@given(st.text(), st.text())
@example("\\", "%5C")
@example("%255C", "%5C")
def test_two_texts_never_become_one(one: str, other: str):
    assert (encoded(one) == encoded(other)) == (one == other)


def test_what_the_lines_say():
    def said(series: SeriesColumns) -> list[str]:
        return [line for body in bodies([series]) for line in body.encode().decode().splitlines()]

    run = str(RUN)
    assert said(columns([1.0, math.nan], key="a b", steps=[None, 7])) == [
        rf"metric,metric=a\ b,run={run} v=1 0",
        rf"metric,metric=a\ b,run={run} nf=1i,step=7i 1",
    ]
    cpu = SeriesColumns(
        SeriesName(RUN, "sys/train/gpu0/util"), pa.array([5]), pa.nulls(1, pa.int64()), pa.array([3.0]), 0, "node 1"
    )
    assert said(cpu) == [rf"resource,device=gpu0,node=node\ 1,run={run},scope=train util=3 5"]


def test_every_line_is_in_one_body_and_bodies_are_bounded(monkeypatch):
    monkeypatch.setattr(lines, "BODY_LINES", 10)
    monkeypatch.setattr(lines, "BODY_BYTES", 1500)
    series = [columns([1.0] * 23, key=key) for key in ("a", "sys/train/process/cpu", "b" * 200)]
    made = list(bodies(series))
    assert all(len(body) <= 10 and len(body.encode()) <= 1500 for body in made)
    assert sorted(line for body in made for line in body.encode().splitlines(True)) == sorted(
        line.encode() for one in series for line in lines.lines(lines.Piece(one, 0, 23)).to_pylist()
    )
    for body in made:
        halves = [body.part(0, 3), body.part(3, len(body))]
        assert b"".join(half.encode() for half in halves) == body.encode()


async def test_no_digit_is_lost(influx_access):
    drawn = np.random.default_rng(3).integers(-(2**63), 2**63 - 1, 3_000).view(np.float64)
    values = [5e-324, -0.0, 0.1, 1e22, 1e-7, 1.7976931348623157e308, -2.2250738585072014e-308, math.inf, -math.inf]
    values += [float(value) for value in drawn]
    steps = [None if number % 5 == 0 else number * 3_074_457_345 for number in range(len(values))]
    store = InfluxStore(influx_access, Retention())
    assert await store.write([1], [columns(values, steps=steps)]) == []
    found = await exported(store, "loss")
    assert [row[0] for row in found] == steps
    assert [packed(row[2]) for row in found] == [packed(value) for value in values]
    await store.close()


def packed(value: float) -> bytes:
    """Every NaN is the same one."""
    return b"nan" if math.isnan(value) else struct.pack("d", value)


@pytest.mark.parametrize(("key", "measurement"), [
    ("sys/train/process/cpu", "resource"), ("sys/a/b/host/cpu", "resource"), ("sys/cpu", "metric"),
    ("loss", "metric"), ("sys/train/host/node", "metric"),
])  # fmt: skip
def test_resource_keys(key, measurement):
    assert layout(key).measurement == measurement


async def test_a_node_that_changes_is_one_series_still(influx_access: Access):
    store = InfluxStore(influx_access, Retention(resources="400w"))
    key = "sys/train/host/cpu"
    for number, node in enumerate(["a", "b", ""]):
        time = pa.array([1_790_000_000 * 10**9 + number])
        sample = SeriesColumns(SeriesName(RUN, key), time, pa.nulls(1, pa.int64()), pa.array([1.0]), number, node)
        await store.write([1], [sample])
    assert len(await exported(store, key)) == 3
    client = InfluxClient(influx_access)
    await client.ping()
    place = Place(influx_access.database, "resource")
    everything = f'SELECT "cpu" FROM {place.source("resource")} WHERE time >= 0 AND time <= now() GROUP BY "node"'
    [shown] = await client.query(place, [everything])
    assert {series.tags["node"] for series in shown.series} == {"", "a", "b"}
    await client.close()
    await store.close()
