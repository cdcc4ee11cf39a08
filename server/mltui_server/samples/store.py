"""The sample store's port: what every adapter does, whatever it stands on. It knows no run table."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol
from uuid import UUID

import pyarrow as pa

from mltui.wire.health import Component
from mltui_server.samples.grid import Grid, StoreAxis

if TYPE_CHECKING:
    from mltui_server.samples.points import PointStore


class StoreError(Exception):
    """The store cannot be used. One line: why, and what to do about it."""


class WrongAddress(StoreError):
    """There is something else where the store should be: waiting helps nothing."""


class SeriesName(NamedTuple):
    run: UUID
    key: str


@dataclass(frozen=True)
class SeriesColumns:
    """Samples of one series to add, in the order they came. Times only grow, over all writes to the series."""

    name: SeriesName
    times: pa.Int64Array
    steps: pa.Int64Array
    """Null where a sample has no step."""
    values: pa.DoubleArray
    before: int
    """Samples of the series that earlier writes have added."""
    node: str = ""
    """The host that measured them, of a resource series, where it is known."""


@dataclass(frozen=True)
class RefusedSamples:
    """Samples `start` to `stop` of one series of a write, which the store will never take."""

    name: SeriesName
    start: int
    stop: int
    reason: str


@dataclass(frozen=True)
class Selection:
    """Samples of some series of one run between two points of an axis, both included. None: no bound."""

    run: UUID
    keys: Sequence[str]
    axis: StoreAxis
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class BucketColumns:
    """One series' buckets that have samples: bucket `index[i]` has `count[i]` samples, and so on.

    Statistics are over finite values, None where there are none. `first` and `last` are by (axis, time).
    """

    key: str
    index: list[int]
    min: list[float | None]
    max: list[float | None]
    first: list[float | None]
    last: list[float | None]
    mean: list[float | None]
    count: list[int]
    nonfinite: list[int]


@dataclass(frozen=True)
class Buckets:
    """`low` and `high`, both included, are the bounds that were asked for, or the first and the last sample."""

    low: float
    high: float
    grid: Grid
    series: list[BucketColumns]


class SampleStore(Protocol):
    """Every method raises StoreError where the store cannot be used. Cancelling a read stops its work."""

    @property
    def points(self) -> "PointStore":
        """Operational metrics, in the same store."""

    async def applied(self) -> frozenset[int]:
        """Ids of the inbox rows that the last write brought: after a crash these must not be written again."""

    async def write(self, ids: Collection[int], columns: Sequence[SeriesColumns]) -> Sequence[RefusedSamples]:
        """Add samples and remember `ids` as applied, both or neither. Readable when it returns.

        A store that remembers nothing keeps one of two samples of a series with the same time: the same samples may
        be written to it again. Returned: what there is no use in writing again; the rest has been added.
        """

    async def buckets(self, selection: Selection, count: int) -> Buckets | None:
        """Exact statistics in at most `count` equal buckets, from the first to the last sample or between the bounds.

        Samples beyond a bound do not count, though their bucket may begin before it or end after it.

        One entry a key, in the order asked for. None if a bound is missing and there are no samples to find it by.
        """

    def export(self, selection: Selection, key: str) -> AsyncIterator[pa.RecordBatch]:
        """Samples of one series as (step, time, value), ordered by (axis, time), in bounded memory."""

    async def delete_run(self, run: UUID) -> None:
        """Forget every sample of the run."""

    def size(self) -> int | None:
        """Bytes on this machine's disk; None where the store is a server of its own."""

    async def health(self) -> Component: ...

    async def close(self) -> None: ...
