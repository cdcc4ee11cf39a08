"""A full disk under the inbox or the store: it is named, with where room is to be made, and nothing is lost."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
import pytest
from sample_calls import register_run, summaries, until
from store_calls import columns, exported

from mltui_server.samples.duckdb_store import DuckDBStore
from mltui_server.samples.store import StoreError

FULL = "disk full: Postgres has no room for samples; free room on the disk of Postgres"
AS_POSTGRES_SAYS = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = 'could not extend file "base/5/1259": No space left on device';
END $$"""
SAMPLES = {"series": [{"key": "loss", "times": [1, 2], "values": [1.0, 2.0]}]}


@contextmanager
def no_room_for(dsn: str, table: str) -> Iterator[None]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(AS_POSTGRES_SAYS)
        connection.execute(f"CREATE TRIGGER no_room BEFORE INSERT ON {table} EXECUTE FUNCTION no_room()")
        yield
        connection.execute("DROP FUNCTION no_room CASCADE")


async def inbox_line(http) -> tuple[str, str]:
    answer = await http.get("/health")
    [found] = [one for one in answer.json()["components"] if one["name"] == "inbox"]
    return found["status"], found["detail"]


async def test_writers_of_samples_are_told_of_it_and_so_is_who_asks_for_health(http, dsn):
    run = await register_run(http)
    with no_room_for(dsn, "sample_inbox"):
        refused = await http.post(f"/api/v1/runs/{run}/samples", json=SAMPLES)
        assert (refused.status_code, refused.json()["detail"]) == (503, f"{FULL}; nothing was stored")
        assert refused.headers["Retry-After"] == "5"
        assert await inbox_line(http) == ("down", f"{FULL}; 0 samples wait")
    assert (await http.post(f"/api/v1/runs/{run}/samples", json=SAMPLES)).status_code == 202
    await summaries(http, run, 2)
    assert (await inbox_line(http))[0] == "ok"


async def test_writers_of_points_are_told_of_it_too(http, dsn):
    await http.post("/api/v1/metrics", json={"name": "depth", "type": "gauge"})
    with no_room_for(dsn, "point_inbox"):
        refused = await http.post("/api/v1/metrics/depth/data/batch", json={"points": [{"value": 1}]})
        assert (refused.status_code, refused.json()["detail"]) == (503, f"{FULL}; nothing was stored")
        assert FULL in (await inbox_line(http))[1]


async def test_it_is_said_of_samples_that_cannot_be_moved(http, dsn):
    run = await register_run(http)
    with no_room_for(dsn, "sample_flush"):
        await http.post(f"/api/v1/runs/{run}/samples", json=SAMPLES)

        async def said() -> bool:
            return await inbox_line(http) == ("degraded", f"2 samples wait; they do not move: {FULL}")

        await until(said)
    await summaries(http, run, 2)


async def test_whatever_else_is_not_stored_for_it_says_so(http, dsn):
    with no_room_for(dsn, "run"):
        refused = await http.post("/api/v1/runs", json={"name": "late"})
    words = "disk full: Postgres has no room for this; free room on its disk; nothing was stored"
    assert (refused.status_code, refused.json()["detail"]) == (503, words)


async def test_the_embedded_store_names_its_disk_and_goes_on_when_there_is_room(small_disk):
    file, filler = small_disk / "samples.duckdb", small_disk / "filler"
    store = DuckDBStore(file, "128MB")
    await store.write([1], [columns([1.0])])
    with suppress(OSError), filler.open("wb", buffering=0) as full:
        while True:
            full.write(bytes(4096))
    much = [columns([2.0] * 100_000, times=range(1, 100_001))]
    with pytest.raises(StoreError) as error:
        await store.write([2], much)
    assert str(error.value) == f"disk full: {file} cannot grow; free room on the disk of {small_disk}"
    filler.unlink()
    await store.write([2], much)
    assert len(await exported(store)) == 100_001
    await store.close()
