"""What this process knows of metrics and their label sets, so that most points need one statement to be taken in."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from mltui.wire.metrics import MetricType
from mltui_server.lib.errors import Invalid, NotFound

KNOWN_LABEL_SETS = 200_000
"""Kept in memory over all metrics; past that, everything is looked up again."""
SHOWN_VALUES = 3

DEFINITIONS = "SELECT id, name, type, label_keys FROM metric WHERE name = ANY(%s) AND deleted_at IS NULL"
# No key of it changes: points of known label sets come in meanwhile.
LOCK = "SELECT label_keys FROM metric WHERE id = %s AND deleted_at IS NULL FOR NO KEY UPDATE"
NEWER = "SELECT id, labels FROM metric_label_set WHERE metric_id = %s AND id > %s ORDER BY id"
ADD = "INSERT INTO metric_label_set (metric_id, labels) SELECT %s, unnest(%s::jsonb[]) RETURNING id, labels"

Values = tuple[str, ...]
"""One label set: values in the order of the metric's label keys."""


@dataclass
class KnownMetric:
    id: UUID
    name: str
    type: MetricType
    keys: tuple[str, ...]
    sets: dict[Values, int] = field(default_factory=dict)
    """Ids of label sets: of all up to the highest of them."""

    def unknown(self, wanted: Iterable[Values]) -> list[Values]:
        return [values for values in dict.fromkeys(wanted) if values not in self.sets]


class KnownMetrics:
    """`ceiling`: label sets that one metric may have."""

    def __init__(self, pool: AsyncConnectionPool, ceiling: int) -> None:
        self._pool, self.ceiling = pool, ceiling
        self._by_name: dict[str, KnownMetric] = {}

    async def find(self, name: str) -> KnownMetric:
        """Raises NotFound. A metric that was deleted meanwhile may be found: what is written to it fails."""
        if (known := self._by_name.get(name)) is not None:
            return known
        try:
            return (await self.look_up([name]))[name]
        except KeyError:
            raise NotFound("metric", name) from None

    async def look_up(self, names: Iterable[str]) -> dict[str, KnownMetric]:
        """Those that there are, by name, as they are now: made again, or with more label keys than was known."""
        async with self._pool.connection() as connection:
            rows = await (await connection.execute(DEFINITIONS, [list(names)])).fetchall()
        if sum(len(metric.sets) for metric in self._by_name.values()) > KNOWN_LABEL_SETS:
            self._by_name.clear()
        found = {}
        for id_, name, type_, keys in rows:
            known = self._by_name.get(name)
            if known is None or (known.id, known.keys) != (id_, tuple(keys)):
                known = self._by_name[name] = KnownMetric(id_, name, MetricType(type_), tuple(keys))
            found[name] = known
        return found

    def forget(self, name: str) -> None:
        self._by_name.pop(name, None)

    async def register(
        self, connection: psycopg.AsyncConnection, metric: KnownMetric, wanted: Collection[Values]
    ) -> dict[Values, int]:
        """Ids of label sets that were not known, made where they are not there. In the caller's transaction.

        Raises Invalid where the metric would have more than it may, NotFound where it is not what was known of it.
        What is returned may be kept after the commit.
        """
        row = await (await connection.execute(LOCK, [metric.id])).fetchone()
        if row is None or tuple(row[0]) != metric.keys:
            raise NotFound("metric", metric.name)
        newest = max(metric.sets.values(), default=0)
        rows = await (await connection.execute(NEWER, [metric.id, newest])).fetchall()
        found = {tuple(labels[key] for key in metric.keys): id_ for id_, labels in rows}
        # Others may have registered some of them, and known them, while this one waited for the lock.
        have = list(metric.sets | found)
        missing = [values for values in wanted if values not in found and values not in metric.sets]
        self._check_room(metric, have, missing)
        if missing:
            labels = [Jsonb(dict(zip(metric.keys, values, strict=True))) for values in missing]
            added = await (await connection.execute(ADD, [metric.id, labels])).fetchall()
            found |= {tuple(labels[key] for key in metric.keys): id_ for id_, labels in added}
        return found

    def check_room(self, metric: KnownMetric, new: Collection[Values]) -> None:
        """Raises Invalid where it would have more label sets than it may, as far as is known."""
        self._check_room(metric, list(metric.sets), new)

    def _check_room(self, metric: KnownMetric, have: Collection[Values], new: Collection[Values]) -> None:
        if len(have) + len(new) > self.ceiling:
            raise Invalid(too_many(metric, [*have, *new], self.ceiling))


def too_many(metric: KnownMetric, sets: Sequence[Values], ceiling: int) -> str:
    """Why no further label set is taken: the label that has the most values, and the latest of them."""
    counts = Counter({key: len({values[at] for values in sets}) for at, key in enumerate(metric.keys)})
    [(key, distinct)] = counts.most_common(1)
    at = metric.keys.index(key)
    latest = list(dict.fromkeys(values[at] for values in reversed(sets)))[:SHOWN_VALUES]
    return (
        f"metric {metric.name!r} would have {len(sets)} label sets; at most {ceiling} are allowed. Label {key!r} has "
        f"{distinct} values, among them {', '.join(map(repr, latest))}: leave it out, or give it fewer values"
    )
