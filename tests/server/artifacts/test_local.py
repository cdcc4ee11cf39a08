"""The artifact store's port, as the local adapter keeps it."""

from collections.abc import AsyncIterator, Iterable

import pytest

from mltui_server.artifacts.local import LocalArtifacts
from mltui_server.artifacts.object_deletion import forget_objects, sweep
from mltui_server.artifacts.store import BadPath, ObjectMissing, StoreError


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def collect(stream: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in stream])


@pytest.fixture
def store(tmp_path) -> LocalArtifacts:
    return LocalArtifacts(tmp_path / "store")


async def test_what_was_put_comes_back_whole_and_in_ranges(store):
    content = bytes(range(256)) * 50_000
    await store.put("logs/a/b.zst", pieces(*(content[i : i + 100_000] for i in range(0, len(content), 100_000))))
    assert (await store.head("logs/a/b.zst")).size == len(content)
    assert await collect(store.stream("logs/a/b.zst")) == content
    assert await store.get_range("logs/a/b.zst", 1_000_003, 70_000) == content[1_000_003:1_070_003]


async def test_an_object_may_be_empty(store):
    await store.put("nothing", pieces())
    assert (await store.head("nothing")).size == 0
    assert await collect(store.stream("nothing")) == b""


async def test_a_put_that_fails_half_way_leaves_the_old_object(store, tmp_path):
    await store.put("a/b", pieces(b"old"))

    async def broken() -> AsyncIterator[bytes]:
        yield b"n" * 20_000_000
        raise RuntimeError("the source broke")

    with pytest.raises((RuntimeError, StoreError)):
        await store.put("a/b", broken())
    assert await collect(store.stream("a/b")) == b"old"


async def test_a_reader_sees_the_object_that_it_opened_while_it_is_replaced(store):
    await store.put("a", pieces(b"1" * 3_000_000))
    reading = store.stream("a")
    first = await anext(reading)
    await store.put("a", pieces(b"2" * 3_000_000))
    assert set(first + await collect(reading)) == {ord("1")}
    assert set(await collect(store.stream("a"))) == {ord("2")}


async def test_a_range_past_the_end_is_an_error_not_a_short_answer(store):
    await store.put("a", pieces(b"12345"))
    for start, length in ((3, 10), (10, 1)):
        with pytest.raises(StoreError):
            await store.get_range("a", start, length)


async def test_what_is_missing_is_told_apart_and_deleting_it_is_fine(store, tmp_path):
    for ask in (store.head("x/y"), store.get_range("x/y", 0, 1), collect(store.stream("x/y"))):
        with pytest.raises(ObjectMissing, match="x/y"):
            await ask
    await store.delete("x/y")
    await store.put("x/y", pieces(b"1"))
    await store.delete("x/y")
    assert list((tmp_path / "store").iterdir()) == []


def everything(store, path: str) -> Iterable:
    return store.put(path, pieces(b"1")), store.get_range(path, 0, 1), store.head(path), store.delete(path)


@pytest.mark.parametrize(
    "path",
    ["../x", "a/../../x", "/etc/passwd", "a/./b", "a//b", "a/", "", "a\nb", "a\0b", "a\x7f", "..", "a\\b", "x" * 1001],
)
async def test_paths_that_could_lead_elsewhere_are_refused(store, tmp_path, path):
    for ask in everything(store, path):
        with pytest.raises(BadPath):
            await ask
    with pytest.raises(BadPath):
        await collect(store.stream(path))
    assert [entry.name for entry in tmp_path.iterdir()] == ["store"]


async def test_a_link_that_leads_out_is_refused(store, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("secret")
    (tmp_path / "store" / "link").symlink_to(tmp_path / "outside")
    for ask in everything(store, "link/secret"):
        with pytest.raises(BadPath):
            await ask
    assert (tmp_path / "outside" / "secret").read_text() == "secret"


async def test_deleting_is_a_row_until_it_is_done(store, database):
    await store.put("logs/a", pieces(b"1"))
    async with database.session() as session:
        await forget_objects(session, ["logs/a", "logs/never-was"])
        await forget_objects(session, ["logs/a"])
    assert (await store.head("logs/a")).size == 1
    assert await sweep(database.pool, store) == 2
    with pytest.raises(ObjectMissing):
        await store.head("logs/a")
    assert await sweep(database.pool, store) == 0


async def test_health(store, tmp_path):
    component = await store.health()
    assert (component.name, component.status) == ("artifacts", "ok")
    assert "free" in component.detail
    (tmp_path / "store").rmdir()
    component = await store.health()
    assert (component.status, component.latency_ms) == ("down", None)
