"""What the embedded store does besides: it remembers, it lasts, and one process owns it."""

import asyncio
import multiprocessing
from pathlib import Path

from store_calls import RUN, columns, exported

from mltui_server.samples.duckdb_store import DuckDBStore
from mltui_server.samples.store import Selection, StoreError


async def test_it_remembers_which_rows_the_last_write_brought(tmp_path):
    store = DuckDBStore(tmp_path / "samples.duckdb", "128MB")
    assert await store.applied() == frozenset()
    await store.write([3, 1], [columns([1.0])])
    await store.write([2**40, 2], [])
    assert await store.applied() == {2, 2**40}
    await store.close()


async def test_it_is_all_there_after_opening_it_again(tmp_path):
    for turn in range(3):
        store = DuckDBStore(tmp_path / "samples.duckdb", "128MB")
        assert await store.applied() == ({turn - 1} if turn else frozenset())
        await store.write([turn], [columns([float(turn)], times=[turn]), columns([0.0], key=f"new{turn}")])
        await store.close()
    store = DuckDBStore(tmp_path / "samples.duckdb", "128MB")
    assert [row[2] for row in await exported(store)] == [0.0, 1.0, 2.0]
    assert len(await exported(store, "new2")) == 1
    await store.close()


async def test_its_size_is_what_it_has_on_the_disk_with_what_is_not_in_the_file_yet(tmp_path):
    store = DuckDBStore(tmp_path / "samples.duckdb", "128MB")
    await store.write([1], [columns([1.0])])
    file, log = sorted(tmp_path.iterdir())
    assert store.size() == file.stat().st_size + log.stat().st_size > file.stat().st_size
    assert (await store.health()).detail == f"{file}, {store.size() / 1024:.0f} KiB"
    await store.close()


async def test_reads_see_whole_writes_while_writing_goes_on(tmp_path):
    store = DuckDBStore(tmp_path / "samples.duckdb", "128MB")

    async def write() -> None:
        for turn in range(20):
            await store.write([turn], [columns([1.0] * 10, times=range(turn * 10, turn * 10 + 10))])

    async def read() -> None:
        while not writing.done():
            found = await store.buckets(Selection(RUN, ["loss"], "time"), 1)
            if found and found.series:
                assert found.series[0].count[0] % 10 == 0

    writing = asyncio.create_task(write())
    await asyncio.gather(writing, read(), read())
    assert len(await exported(store)) == 200
    await store.close()


def _open(path: Path, answer) -> None:
    try:
        DuckDBStore(path, "128MB")
    except StoreError as error:
        answer.put(str(error))


async def test_a_second_process_gets_one_clear_line(tmp_path):
    path = tmp_path / "samples.duckdb"
    store = DuckDBStore(path, "128MB")
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    process = context.Process(target=_open, args=(path, answer))
    process.start()
    message = await asyncio.to_thread(answer.get, timeout=30)
    process.join()
    assert message.startswith(f"{path} is in use by another process")
    assert "\n" not in message
    await store.close()
