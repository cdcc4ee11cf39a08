"""What the analysts' questions must answer on the seed, by number: one row a dict, without its time."""

from collections.abc import Iterable, Iterator
from typing import Any

from analyst_seed import BETTER, DIVERGED, MINUTES, OLD, STEADY

Row = dict[str, Any]
STEADY, BETTER, DIVERGED, OLD = (str(run) for run in (STEADY, BETTER, DIVERGED, OLD))


def rows(columns: str, *values: tuple[Any, ...]) -> list[Row]:
    return [dict(zip(columns.split(), one, strict=True)) for one in values]


def each(count: int, *row: Any) -> list[tuple[Any, ...]]:
    """The same row in every window of time."""
    return [row] * count


def curve(run: str, step: int, value: float, others: dict[int, tuple[float | None, int | None]]) -> Iterator[tuple]:
    for i in range(180):
        yield run, i * step, *others.get(i, (value, None))


INFLUXQL: dict[int, list[Row]] = {
    1: rows("run last", (BETTER, 0.2), (STEADY, 0.4), (OLD, 0.6)),
    2: rows(
        "run step v nf",
        *curve(STEADY, 10, 1.0, {100: (7.0, None), 150: (4.0, None), 179: (0.4, None)}),
        *curve(BETTER, 20, 2.0, {45: (None, 2), 179: (0.2, None)}),
    ),
    3: rows(
        "run step v",
        *[(STEADY, step, 1.0) for step in (0, 600, 1200)],
        *[(BETTER, step, 2.0) for step in (0, 600, 1200, 1800, 2400, 3000)],
    ),
    4: rows("run nf step", (DIVERGED, 1, 300)),
    5: rows("run metric v step", (STEADY, "loss", 0.4, 1790), (STEADY, "val_loss", 1.5, 1740)),
    6: rows(
        "run smooth",
        *each(16, STEADY, 1.0),
        *each(5, STEADY, 1.2),
        *each(4, STEADY, 1.1),
        (STEADY, 1.08),
    ),
    7: rows("jump", (6.0,), (3.0,)),
    8: rows("run steps_per_s", *each(MINUTES - 1, STEADY, 1.0), *each(MINUTES - 1, BETTER, 2.0)),
    9: rows(
        "run finite not_finite",
        *each(MINUTES, STEADY, 7, None),
        *each(MINUTES - 1, BETTER, 7, None),
        (BETTER, 6, 1),
    ),
    10: rows(
        "run gap",
        *[(STEADY, gap) for gap in (0.5, 0.4, 0.46)],
        *[(BETTER, gap) for gap in (0.5, 0.5, 0.53)],
    ),
    11: rows("node memory_bytes", *each(MINUTES, "node-1", 6e9), *each(MINUTES, "node-2", 8e9)),
    12: rows("node cpu_percent", ("node-2", 75.0), ("node-1", 50.0)),
    13: rows(
        "run node device idle_percent",
        (STEADY, "node-1", "gpu0", 50.0),
        (STEADY, "node-1", "gpu1", 25.0),
        (BETTER, "node-2", "gpu0", None),
    ),
    14: rows("run scope bytes_per_hour", (STEADY, "train", 120e6), (STEADY, "prepare", 0.0)),
    15: rows(
        "node disk net",
        *each(MINUTES, "node-1", 1e6, 2e6),
        *each(MINUTES, "node-2", 3e6, 4e6),
        *each(MINUTES, "node-3", 0.0, 0.0),
    ),
    # 29.5 minutes of 360, 180 and 200 watts.
    16: rows(
        "run node device kwh",
        (STEADY, "node-1", "gpu0", 0.177),
        (STEADY, "node-1", "gpu1", 0.0885),
        (BETTER, "node-2", "gpu0", 0.098333),
    ),
    17: rows(
        "metric labelset queue depth",
        *[("queue_depth", "1", "batch", depth) for depth in (0.0, 10.0, 20.0, 30.0, 40.0, 50.0)],
        *each(6, "queue_depth", "2", "live", 3.0),
    ),
    18: rows("le n", *each(5, "0.1", 300), *each(5, "0.5", 650), *each(5, "1", 965), *each(5, "+Inf", 1000)),
    19: rows("service percent", *each(5, "search", 90.0), *each(5, "checkout", 40.0)),
    20: rows("service replica percent", ("search", "a", 80.0), ("search", "b", 100.0)),
}

SQL: dict[int, list[Row]] = INFLUXQL | {
    3: rows("step one other", *[(step, 1.0, 2.0) for step in (0, 600, 1200)]),
    6: INFLUXQL[6] + rows("run smooth", *each(4, STEADY, 1.0)),
    9: [row | {"not_finite": row["not_finite"] or 0} for row in INFLUXQL[9]],
    13: [row | {"idle_percent": row["idle_percent"] or 0.0} for row in INFLUXQL[13]],
    18: rows("p95", *each(5, 1.0)),
    # From report to report: 24 of the 29 minutes.
    20: rows("service replica percent", ("search", "a", 82.758621), ("search", "b", 100.0)),
}
"""Where SQL says more, or says it otherwise."""

FLUX: dict[int, list[Row]] = {
    number: [{"_value" if name == column else name: value for name, value in row.items()} for row in answer]
    for number, column, answer in [
        (1, "last", INFLUXQL[1]),
        (2, "", INFLUXQL[2]),
        (3, "", rows(
            f"step {STEADY} {BETTER}",
            *[(step, 1.0, 2.0) for step in (0, 600, 1200)],
            *[(step, None, 2.0) for step in (1800, 2400, 3000)],
        )),
        (4, "", INFLUXQL[4]),
        (5, "", INFLUXQL[5]),
        (6, "smooth", INFLUXQL[6]),
        (7, "jump", INFLUXQL[7]),
        (8, "steps_per_s", INFLUXQL[8]),
        (9, "", [
            *rows("run _field _value", *each(MINUTES, STEADY, "v", 7), *each(MINUTES - 1, BETTER, "v", 7)),
            *rows("run _field _value", (BETTER, "v", 6), (BETTER, "nf", 1)),
        ]),
        (10, "", INFLUXQL[10]),
        (11, "memory_bytes", INFLUXQL[11]),
        (12, "cpu_percent", INFLUXQL[12]),
        (13, "idle_percent", SQL[13]),
        (14, "bytes_per_hour", INFLUXQL[14]),
        (15, "", [
            {"node": row["node"], "_field": f"{name}_bytes_per_s", "_value": row[what]}
            for row in INFLUXQL[15]
            for what, name in (("disk", "disk_read"), ("net", "net_recv"))
        ]),
        (16, "kwh", INFLUXQL[16]),
        (17, "depth", INFLUXQL[17]),
        (18, "p95", rows("p95", *each(5, 0.5 + 0.5 * 300 / 315))),
        (19, "percent", INFLUXQL[19]),
        # The last state lasts to the end of the range, and its seconds grow.
        (20, "", rows("replica _value", ("a", "failed"), ("a", "healthy"), ("b", "healthy"))),
    ]
}  # fmt: skip
"""What has these columns among others."""


def comparable(found: Iterable[Row]) -> list[str]:
    """In any order, and to six decimals."""
    return sorted(str(sorted((name, _rounded(value)) for name, value in row.items())) for row in found)


def _rounded(value: Any) -> Any:
    return round(float(value), 6) if isinstance(value, int | float) else value
