"""DuckDBStore: the embedded sample store, one file that one process owns.

Samples land in `recent` as they come, and move to `sealed` in large runs sorted by series: a series' samples then lie
together, DuckDB's zone maps skip the rest (1 M of 20 M rows are read in 4 ms), and chunks of them are summed up.
"""

import asyncio
import time
from array import array
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
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
from mltui_server.samples.grid import grid_over, whole_bounds
from mltui_server.samples.store import (
    BucketColumns,
    Buckets,
    RefusedSamples,
    Selection,
    SeriesColumns,
    SeriesName,
    StoreError,
)

T = TypeVar("T")

FILE = "samples.duckdb"
THREADS = 2
READERS = 4
"""Reads at one time; further ones wait."""
SEAL_ROWS = 500_000
"""Scanned in milliseconds while unsorted, and enough to make long chunks of many series."""
DELETED = (("recent", "series"), ("sealed", "series"), ("chunk", "series"), ("roll", "series"), ("series", "id"))
"""Tables that know a series, and by which column."""
EXPORT_ROWS = 16_384
INTERRUPT_EVERY_S = 0.05
"""Until it works: an interrupt that comes before the query has begun is lost."""
KNOWN_SERIES = 100_000
"""Ids of series kept in memory; past that, they are looked up again."""


class DuckDBStore:
    """`memory_limit` as DuckDB reads it: "512MB". Raises StoreError if another process has the file."""

    def __init__(self, path: Path, memory_limit: str) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = _open(path, memory_limit)
        self._connection.execute(SCHEMA)
        self._next_id = self._number("SELECT coalesce(max(id), 0) + 1 FROM series")
        self._recent = self._number("SELECT count(*) FROM recent")
        self._known: dict[SeriesName, int] = {}
        self._writer = ThreadPoolExecutor(1, "samples-write")
        self._readers = ThreadPoolExecutor(READERS, "samples-read")

    def _number(self, query: str) -> int:
        row = self._connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    async def applied(self) -> frozenset[int]:
        return await self._write(self._applied)

    def _applied(self) -> frozenset[int]:
        row = self._connection.execute("SELECT ids FROM applied").fetchone()
        return frozenset(array("q", row[0] if row else b""))

    async def write(self, ids: Collection[int], columns: Sequence[SeriesColumns]) -> Sequence[RefusedSamples]:
        await self._write(lambda: self._insert(ids, columns))
        return ()

    def _insert(self, ids: Collection[int], columns: Sequence[SeriesColumns]) -> None:
        known, rows = dict[SeriesName, int](), sum(len(column.times) for column in columns)
        with self._transaction():
            if rows:
                known = self._identify([column.name for column in columns])
                self._insert_arrow("recent", _table(columns, known))
            self._connection.execute("UPDATE applied SET ids = $1", [array("q", ids).tobytes()])
        self._known.update(known)
        self._recent += rows
        if self._recent >= SEAL_ROWS:
            self._seal()

    def _insert_arrow(self, name: str, table: pa.Table) -> None:
        self._connection.register("arriving", table)
        try:
            self._connection.execute(f"INSERT INTO {name} SELECT * FROM arriving")
        finally:
            self._connection.unregister("arriving")

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
        with self._transaction():
            for statement in seal_statements(self._number("SELECT coalesce(max(chunk), 0) + 1 FROM chunk")):
                self._connection.execute(statement)
        self._recent = 0

    async def delete_run(self, run: UUID) -> None:
        await self._write(lambda: self._delete(run))

    def _delete(self, run: UUID) -> None:
        with self._transaction():
            ids = [row[0] for row in self._connection.execute("SELECT id FROM series WHERE run = $1", [run]).fetchall()]
            if ids:
                for table, column in DELETED:
                    self._connection.execute(f"DELETE FROM {table} WHERE {column} IN ({', '.join(map(str, ids))})")
        self._known.clear()
        self._recent = self._number("SELECT count(*) FROM recent")

    async def buckets(self, selection: Selection, count: int) -> Buckets | None:
        return await self._read(lambda cursor: _buckets(cursor, selection, count))

    async def export(self, selection: Selection, key: str) -> AsyncIterator[pa.RecordBatch]:
        cursor = self._connection.cursor()
        try:
            reader = await self._run(cursor, lambda: _open_export(cursor, selection, key))
            while reader is not None:
                batch = await self._run(cursor, lambda: next(reader, None))
                if batch is None:
                    break
                yield batch
        finally:
            cursor.close()

    async def health(self) -> Component:
        started = time.perf_counter()
        await self._read(lambda cursor: cursor.execute("SELECT count(*) FROM applied").fetchall())
        megabytes = self.path.stat().st_size / 2**20
        return Component(
            name="samples",
            status="ok",
            version=f"DuckDB {duckdb.__version__}",
            latency_ms=round((time.perf_counter() - started) * 1000, 2),
            detail=f"{self.path}, {megabytes:.0f} MiB",
        )

    async def close(self) -> None:
        """Waits for a write in progress."""
        await asyncio.to_thread(self._writer.shutdown)
        await asyncio.to_thread(self._readers.shutdown)
        self._connection.close()

    async def _write(self, action: Callable[[], T]) -> T:
        # Shielded: a flusher told to stop must not leave a transaction half done behind it.
        future = asyncio.get_running_loop().run_in_executor(self._writer, _explained, action)
        return await asyncio.shield(future)

    async def _read(self, query: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        with self._connection.cursor() as cursor:
            return await self._run(cursor, lambda: query(cursor))

    async def _run(self, cursor: duckdb.DuckDBPyConnection, action: Callable[[], T]) -> T:
        """In a reader's thread. Cancelled, it stops the query and waits for the thread to let go of the cursor."""
        job = self._readers.submit(_explained, action)
        answer = asyncio.wrap_future(job)
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            while not (job.cancel() or job.done()):
                cursor.interrupt()
                await asyncio.wait([answer], timeout=INTERRUPT_EVERY_S)
            await asyncio.gather(answer, return_exceptions=True)
            raise

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.begin()
        try:
            yield
        except BaseException:
            self._connection.rollback()
            raise
        self._connection.commit()


def _open(path: Path, memory_limit: str) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(
            path,
            config={
                "memory_limit": memory_limit,
                "threads": THREADS,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise StoreError(
                f"{path} is in use by another process; one server owns the embedded sample store, stop that one first"
            ) from None
        raise StoreError(f"{path} cannot be opened: {str(error).splitlines()[0]}") from None


def _explained(action: Callable[[], T]) -> T:
    try:
        return action()
    except duckdb.Error as error:
        raise StoreError(f"the sample store failed: {str(error).splitlines()[0]}") from error


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


def _open_export(cursor: duckdb.DuckDBPyConnection, selection: Selection, key: str) -> Iterator[pa.RecordBatch] | None:
    keys = {id_: found for id_, found in _ids(cursor, selection).items() if found == key}
    if not keys:
        return None
    reader: Iterator[pa.RecordBatch] = cursor.sql(export_statement(selection, keys)).to_arrow_reader(EXPORT_ROWS)
    return reader
