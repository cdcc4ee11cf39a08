"""Many InfluxQL statements at once, each where its kind is kept.

Every statement has both time bounds, and names a place that `Place.source` quotes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from mltui_server.samples.grid import EXTENT
from mltui_server.samples.influx.client import InfluxClient, Place, Rows
from mltui_server.samples.influx.schema import Kind

STATEMENTS = 200
"""Of one request."""

Places = Mapping[Kind, Place]


class Statement(NamedTuple):
    kind: Kind
    text: str


class Stretch(NamedTuple):
    """A series from one time (ns) to another, both included."""

    key: str
    first: int
    last: int

    @property
    def condition(self) -> str:
        return f"time >= {self.first} AND time <= {self.last}"


def all_of(key: str) -> Stretch:
    return Stretch(key, *EXTENT["time"])


@dataclass(frozen=True)
class Asking:
    """Asks about one run."""

    client: InfluxClient
    places: Places
    run: UUID

    async def ask(self, statements: Sequence[Statement]) -> list[Rows]:
        """The rows of each statement, in order."""
        answers: dict[int, Rows] = {}
        for kind, place in self.places.items():
            mine = [(at, one.text) for at, one in enumerate(statements) if one.kind == kind]
            for start in range(0, len(mine), STATEMENTS):
                part = mine[start : start + STATEMENTS]
                results = await self.client.query(place, [text for _, text in part])
                answers |= {at: result.rows for (at, _), result in zip(part, results, strict=True)}
        return [answers[at] for at in range(len(statements))]
