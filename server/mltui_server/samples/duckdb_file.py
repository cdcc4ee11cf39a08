"""One DuckDB file that one process owns: a writer's thread, some readers' threads, and queries that can be stopped."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import duckdb
import pyarrow as pa

from mltui_server.lib.disk_full import disk_full, tells_of_full_disk
from mltui_server.samples.store import StoreError

T = TypeVar("T")

THREADS = 2
READERS = 4
"""Reads at one time; further ones wait."""
BATCH_ROWS = 16_384
"""Of a stream."""
INTERRUPT_EVERY_S = 0.05
"""Until it works: an interrupt that comes before the query has begun is lost."""


class DuckDBFile:
    """`memory_limit` as DuckDB reads it: "512MB". Raises StoreError if another process has the file."""

    def __init__(self, path: Path, memory_limit: str) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection = _open(path, memory_limit)
        self._writer = ThreadPoolExecutor(1, "samples-write")
        self._readers = ThreadPoolExecutor(READERS, "samples-read")

    async def close(self) -> None:
        """Waits for a write in progress."""
        await asyncio.to_thread(self._writer.shutdown)
        await asyncio.to_thread(self._readers.shutdown)
        self.connection.close()

    def size(self) -> int:
        """Bytes on the disk, with what was committed and is not in the file itself yet."""
        total = 0
        for file in (self.path, self.path.with_name(f"{self.path.name}.wal")):
            with suppress(FileNotFoundError):  # the log goes into the file now and then
                total += file.stat().st_size
        return total

    async def write(self, action: Callable[[], T]) -> T:
        """In the writer's thread, one after the other."""
        # Shielded: a flusher told to stop must not leave a transaction half done behind it.
        future = asyncio.get_running_loop().run_in_executor(self._writer, self._explained, action)
        return await asyncio.shield(future)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Of the writer."""
        self.connection.begin()
        try:
            yield
        except BaseException:
            self.connection.rollback()
            raise
        self.connection.commit()

    @contextmanager
    def arriving(self, table: pa.Table) -> Iterator[None]:
        """`table` under the name `arriving`, for the writer's statements."""
        self.connection.register("arriving", table)
        try:
            yield
        finally:
            self.connection.unregister("arriving")

    async def read(self, query: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """In a reader's thread, on a cursor of its own."""
        with self.connection.cursor() as cursor:
            return await self._run(cursor, lambda: query(cursor))

    async def stream(self, statement: str) -> AsyncGenerator[pa.RecordBatch, None]:
        """The statement's rows, as they come."""
        cursor = self.connection.cursor()
        try:
            reader: Iterator[pa.RecordBatch] = await self._run(
                cursor, lambda: cursor.sql(statement).to_arrow_reader(BATCH_ROWS)
            )
            while (batch := await self._run(cursor, lambda: next(reader, None))) is not None:
                yield batch
        finally:
            cursor.close()

    async def _run(self, cursor: duckdb.DuckDBPyConnection, action: Callable[[], T]) -> T:
        """In a reader's thread. Cancelled, it stops the query and waits for the thread to let go of the cursor."""
        job = self._readers.submit(self._explained, action)
        answer = asyncio.wrap_future(job)
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            while not (job.cancel() or job.done()):
                cursor.interrupt()
                await asyncio.wait([answer], timeout=INTERRUPT_EVERY_S)
            await asyncio.gather(answer, return_exceptions=True)
            raise

    def _explained(self, action: Callable[[], T]) -> T:
        try:
            return action()
        except duckdb.Error as error:
            said = str(error).splitlines()[0]
            if tells_of_full_disk(said):
                raise StoreError(disk_full(f"{self.path} cannot grow", f"the disk of {self.path.parent}")) from error
            raise StoreError(f"the sample store failed: {said}") from error


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
