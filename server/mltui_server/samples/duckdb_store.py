"""DuckDBStore: the embedded sample store, one file that one process owns.

Samples land in `recent` as they come, and move to `sealed` in large runs sorted by series: a series' samples then lie
together, DuckDB's zone maps skip the rest (1 M of 20 M rows are read in 4 ms), and chunks of them are summed up.
"""

import contextlib
import time
from array import array
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from pathlib import Path
from uuid import UUID

import duckdb
import pyarrow as pa

from mltui.wire.health import Component
from mltui_server.samples.bucket_sql import (
    SCHEMA,
    bounds_statement,
    buckets_statement,
    export_statement,
    seal_statements,
)
from mltui_server.samples.duckdb_file import DuckDBFile
from mltui_server.samples.duckdb_points import DuckDBPoints
from mltui_server.samples.grid import grid_over, whole_bounds
from mltui_server.samples.store import (
    BucketColumns,
    Buckets,
    RefusedSamples,
    Selection,
    SeriesColumns,
    SeriesName,
)

FILE = "samples.duckdb"
SEAL_ROWS = 500_000
"""Scanned in milliseconds while unsorted, and enough to make long chunks of many series."""
DELETED = (("recent", "series"), ("sealed", "series"), ("chunk", "series"), ("roll", "series"), ("series", "id"))
"""Tables that know a series, and by which column."""
KNOWN_SERIES = 100_000
"""Ids of series kept in memory; past that, they are looked up again."""


class DuckDBStore:
    """`memory_limit` as DuckDB reads it: "512MB". Raises StoreError if another process has the file."""

    def __init__(self, path: Path, memory_limit: str) -> None:
        self._file = DuckDBFile(path, memory_limit)
        self._connection = self._file.connection
        self._connection.execute(SCHEMA)
        self._next_id = self._number("SELECT coalesce(max(id), 0) + 1 FROM series")
        self._recent = self._number("SELECT count(*) FROM recent")
        self._known: dict[SeriesName, int] = {}
        self.points = DuckDBPoints(self._file)

    def _number(self, query: str) -> int:
        row = self._connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    async def applied(self) -> frozenset[int]:
        return await self._file.write(self._applied)

    def _applied(self) -> frozenset[int]:
        row = self._connection.execute("SELECT ids FROM applied").fetchone()
        return frozenset(array("q", row[0] if row else b""))

    async def write(self, ids: Collection[int], columns: Sequence[SeriesColumns]) -> Sequence[RefusedSamples]:
        await self._file.write(lambda: self._insert(ids, columns))
        return ()

    def _insert(self, ids: Collection[int], columns: Sequence[SeriesColumns]) -> None:
        known, rows = dict[SeriesName, int](), sum(len(column.times) for column in columns)
        with self._file.transaction():
            if rows:
                known = self._identify([column.name for column in columns])
                with self._file.arriving(_table(columns, known)):
                    self._connection.execute("INSERT INTO recent SELECT * FROM arriving")
            self._connection.execute("UPDATE applied SET ids = $1", [array("q", ids).tobytes()])
        self._known.update(known)
        self._recent += rows
        if self._recent >= SEAL_ROWS:
            self._seal()

    def _identify(self, names: Sequence[SeriesName]) -> dict[SeriesName, int]:
        """Ids of the series, new ones for those not seen before."""
        if len(self._known) > KNOWN_SERIES:
            self._known.clear()
        found = {name: self._known[name] for name in names if name in self._known}
        if missing := [name for name in names if name not in found]:
            found |= self._look_up(missing)
        if new := [name for name in names if name not in found]:
            fresh = {name: self._next_id + index for index, name in enumerate(new)}
            self._connection.execute(
                "INSERT INTO series SELECT unnest($1::INTEGER[]), unnest($2::UUID[]), unnest($3::VARCHAR[])",
                [list(fresh.values()), [str(name.run) for name in fresh], [name.key for name in fresh]],
            )
            self._next_id += len(new)
            found |= fresh
        return found

    def _look_up(self, names: Sequence[SeriesName]) -> dict[SeriesName, int]:
        rows = self._connection.execute(
            "SELECT id, run, key FROM series WHERE run IN (SELECT unnest($1::UUID[])) "
            "AND key IN (SELECT unnest($2::VARCHAR[]))",
            [list({str(name.run) for name in names}), list({name.key for name in names})],
        ).fetchall()
        return {SeriesName(run, key): id_ for id_, run, key in rows}

    def _seal(self) -> None:
        with self._file.transaction():
            for statement in seal_statements(self._number("SELECT coalesce(max(chunk), 0) + 1 FROM chunk")):
                self._connection.execute(statement)
        self._recent = 0

    async def delete_run(self, run: UUID) -> None:
        await self._file.write(lambda: self._delete(run))

    def _delete(self, run: UUID) -> None:
        with self._file.transaction():
            ids = [row[0] for row in self._connection.execute("SELECT id FROM series WHERE run = $1", [run]).fetchall()]
            if ids:
                for table, column in DELETED:
                    self._connection.execute(f"DELETE FROM {table} WHERE {column} IN ({', '.join(map(str, ids))})")
        self._known.clear()
        self._recent = self._number("SELECT count(*) FROM recent")

    async def buckets(self, selection: Selection, count: int) -> Buckets | None:
        return await self._file.read(lambda cursor: _buckets(cursor, selection, count))

    async def export(self, selection: Selection, key: str) -> AsyncIterator[pa.RecordBatch]:
        keys = await self._file.read(lambda cursor: _ids(cursor, selection))
        wanted = [id_ for id_, found in keys.items() if found == key]
        if wanted:
            async with contextlib.aclosing(self._file.stream(export_statement(selection, wanted))) as batches:
                async for batch in batches:
                    yield batch

    def size(self) -> int:
        return self._file.size()

    async def health(self) -> Component:
        started = time.perf_counter()
        await self._file.read(lambda cursor: cursor.execute("SELECT count(*) FROM applied").fetchall())
        return Component(
            name="samples",
            status="ok",
            version=f"DuckDB {duckdb.__version__}",
            latency_ms=round((time.perf_counter() - started) * 1000, 2),
            detail=f"{self._file.path}, {_in_words(self.size())}",
        )

    async def close(self) -> None:
        """Waits for a write in progress."""
        await self._file.close()


def _table(columns: Sequence[SeriesColumns], ids: Mapping[SeriesName, int]) -> pa.Table:
    """One table, its series in the order of their ids."""
    ordered = sorted(columns, key=lambda column: ids[column.name])
    numbers = array("i")
    for column in ordered:
        numbers.extend(array("i", [ids[column.name]]) * len(column.times))
    return pa.table(
        {
            "series": pa.Array.from_buffers(pa.int32(), len(numbers), [None, pa.py_buffer(numbers)]),
            "time": pa.chunked_array([column.times for column in ordered]),
            "step": pa.chunked_array([column.steps for column in ordered]),
            "value": pa.chunked_array([column.values for column in ordered]),
        }
    )


def _ids(cursor: duckdb.DuckDBPyConnection, selection: Selection) -> dict[int, str]:
    rows = cursor.execute(
        "SELECT id, key FROM series WHERE run = $1 AND key IN (SELECT unnest($2::VARCHAR[]))",
        [selection.run, list(selection.keys)],
    ).fetchall()
    return dict(rows)


def _buckets(cursor: duckdb.DuckDBPyConnection, selection: Selection, count: int) -> Buckets | None:
    cursor.begin()
    keys = _ids(cursor, selection)
    low, high = selection.low, selection.high
    if (low is None or high is None) and keys:
        found = cursor.execute(bounds_statement(selection, keys)).fetchone() or (None, None)
        low, high = (found[0] if low is None else low), (found[1] if high is None else high)
    if low is None or high is None or low > high:
        return None
    first, last = whole_bounds(selection.axis, low, high)
    grid = grid_over(selection.axis, first, max(first, last), count)
    by_key: dict[str, list[tuple[object, ...]]] = {key: [] for key in keys.values()}
    if keys:
        for series, *row in cursor.execute(buckets_statement(selection.axis, keys, first, last, grid)).fetchall():
            by_key[keys[series]].append(tuple(row))
    return Buckets(low, high, grid, [_columns(key, by_key[key]) for key in selection.keys if key in by_key])


def _columns(key: str, rows: Sequence[tuple[object, ...]]) -> BucketColumns:
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(8)]
    return BucketColumns(key, *columns)


def _in_words(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB" if size >= 2**20 else f"{size / 2**10:,.0f} KiB"
