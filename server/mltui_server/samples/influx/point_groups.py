"""Points summed up by InfluxDB itself: a row a label set and bucket of a grid that has any."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mltui_server.samples.grid import Grid
from mltui_server.samples.influx.client import InfluxClient, Place
from mltui_server.samples.influx.schema import POINTS
from mltui_server.samples.points import PointRange, PointSeries

ANSWER_ROWS = 50_000
"""Of one answer, at most: some 10 MB."""

Row = Sequence[Any]


@dataclass(frozen=True)
class Groups:
    client: InfluxClient
    place: Place
    wanted: PointRange
    grid: Grid

    @property
    def buckets(self) -> int:
        return self.grid.index(self.wanted.last) + 1

    async def ask(
        self, fields: str, condition: str = "", series: Sequence[PointSeries] | None = None
    ) -> Mapping[int, Sequence[Row]]:
        """By label set: rows (index of the bucket, *fields), ordered. `condition` begins with AND."""
        wanted = self.wanted.series if series is None else series
        at_once = max(1, ANSWER_ROWS // self.buckets)
        found: dict[int, Sequence[Row]] = {}
        for start in range(0, len(wanted), at_once):
            statement = self._statement(fields, condition, wanted[start : start + at_once])
            for rows in await self.client.series(self.place, statement):
                found[int(rows.tags["labelset"])] = [[self.grid.index(row[0]), *row[1:]] for row in rows.values]
        return found

    def _statement(self, fields: str, condition: str, series: Sequence[PointSeries]) -> str:
        # On the axis of time a width is whole.
        width = int(self.grid.width)
        return (
            f"SELECT {fields} FROM {self.place.source(POINTS[self.wanted.type])} "
            f"WHERE {within(series, self.wanted.first, self.wanted.last)} {condition} "
            f'GROUP BY time({width}ns, {self.grid.start % width}ns), "labelset" fill(none)'
        )


def within(series: Sequence[PointSeries], first: int, last: int) -> str:
    """InfluxQL: points of these between two times, both included."""
    wanted = " OR ".join(f"\"labelset\" = '{one.id}'" for one in series)
    return f"({wanted}) AND time >= {first} AND time <= {last}"
