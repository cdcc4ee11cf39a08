"""Artifacts in buckets of S3, GCS and Azure: servers that speak their protocols take and give the bytes."""

import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec
import obstore
import pytest
from bucket_peers import PEERS, Peer
from litestar.testing import AsyncTestClient
from obstore.store import from_url

from mltui_server.app import create_app
from mltui_server.artifacts.stores import Stores
from mltui_server.settings import Settings, SettingsError

CONTENT = bytes(range(256)) * 80_000
"""20 MB: obstore sends it in three parts."""
DIGEST = hashlib.sha256(CONTENT).hexdigest()
HALF = 9_000_000


@pytest.fixture(scope="session", params=PEERS)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    peer = PEERS[request.param](tmp_path_factory.mktemp(request.param.lower()))
    peer.start()
    yield peer
    peer.stop()


@pytest.fixture
def peer(running: Peer, monkeypatch: pytest.MonkeyPatch) -> Peer:
    """With the settings to find it in this process."""
    for name, value in running.environment().items():
        monkeypatch.setenv(name, value)
    return running


@pytest.fixture
def bucket_settings(settings: Settings, peer: Peer) -> Settings:
    named = {f"artifacts_{peer.kind.lower()}": peer.url}
    return msgspec.structs.replace(settings, artifact_store=peer.kind, **named)


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with AsyncTestClient(create_app(settings, settings.database_url)) as client:
        yield client


async def component(http: httpx.AsyncClient, name: str) -> dict:
    [found] = [one for one in (await http.get("/health")).json()["components"] if one["name"] == name]
    return found


async def announced(http: httpx.AsyncClient, name: str, content: bytes = CONTENT) -> dict:
    run = (await http.post("/api/v1/runs", json={"name": "one"})).json()["id"]
    body = {"name": name, "file_size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return (await http.post(f"/api/v1/runs/{run}/artifacts", json=body)).json()


async def send(http: httpx.AsyncClient, made: dict, start: int, piece: bytes) -> httpx.Response:
    url = f"/api/v1/artifacts/{made['id']}/content"
    return await http.patch(url, content=piece, headers={"Upload-Offset": str(start)})


def kept(settings: Settings) -> list[str]:
    url = settings.artifacts_s3 or settings.artifacts_gcs or settings.artifacts_azure
    options = {"client_options": {"allow_http": True}}
    return [Path(one["path"]).name for page in obstore.list(from_url(url, **options)) for one in page]


async def test_up_in_pieces_kept_once_down_in_ranges_and_collected(bucket_settings, peer):
    async with serving(bucket_settings) as http:
        assert (await http.get("/health")).json()["status"] == "ok"
        made = await announced(http, "model.pt")
        assert (await send(http, made, 0, CONTENT[:HALF])).json()["received"] == HALF
    async with serving(bucket_settings) as http:
        # Another server goes on where the first one ended.
        whole = (await send(http, made, HALF, CONTENT[HALF:])).json()
        assert (whole["status"], whole["storage_type"]) == ("ready", peer.kind)
        assert whole["storage_config"] == {"url": peer.url}
        again = await announced(http, "copy.pt")
        assert again["status"] == "ready", "the bucket has it"
        assert kept(bucket_settings) == [DIGEST]
        url = f"/api/v1/artifacts/{made['id']}/content"
        assert (await http.get(url)).content == CONTENT
        part = await http.get(url, headers={"Range": "bytes=8388600-8388699"})
        assert (part.status_code, part.content) == (206, CONTENT[8388600:8388700])
        for one in (made, again):
            assert (await http.get("/api/v1/artifacts/garbage")).json()["objects"] == 0
            await http.delete(f"/api/v1/artifacts/{one['id']}")
        assert (await http.post("/api/v1/artifacts/garbage")).json()["objects"] == 1
        assert kept(bucket_settings) == []


async def test_a_bucket_that_there_is_not_is_to_be_made(bucket_settings, peer):
    setting = f"artifacts_{peer.kind.lower()}"
    url = peer.url.replace("lab", "nosuch")
    async with serving(msgspec.structs.replace(bucket_settings, **{setting: url})) as http:
        store = await component(http, setting.replace("_", "-"))
        assert (store["status"], store["detail"]) == ("degraded", f"{url}: bucket 'nosuch' does not exist; make it")
        answer = await send(http, await announced(http, "a", b"x"), 0, b"x")
        assert answer.status_code == 503
        assert answer.json()["detail"].startswith(
            "artifact store: its bucket does not exist; make it; the upload is kept"
        )


async def test_small_and_empty_files(bucket_settings):
    async with serving(bucket_settings) as http:
        for content in (b"", b"small"):
            made = await announced(http, "a", content)
            assert (await send(http, made, 0, content)).json()["status"] == "ready"
            answer = await http.get(f"/api/v1/artifacts/{made['id']}/content")
            assert (answer.status_code, answer.text) == (200, content.decode()), answer.text
            await http.delete(f"/api/v1/artifacts/{made['id']}")
        await http.post("/api/v1/artifacts/garbage")


async def test_a_store_that_goes_away_keeps_nobody_from_going_on_later(bucket_settings, peer):
    async with serving(bucket_settings) as http:
        made = await announced(http, "model.pt")
        await send(http, made, 0, CONTENT[:HALF])
        peer.stop()
        answer = await send(http, made, HALF, CONTENT[HALF:])
        assert answer.status_code == 503
        detail = answer.json()["detail"]
        assert "artifact store: " in detail
        assert "the upload is kept, try again" in detail
        assert "\n" not in detail
        assert (await http.get(f"/api/v1/artifacts/{made['id']}")).json()["received"] == len(CONTENT)
        peer.start()
        assert (await send(http, made, len(CONTENT), b"")).json()["status"] == "ready"
        assert (await http.get(f"/api/v1/artifacts/{made['id']}/content")).content == CONTENT
        peer.stop()
        away = await http.get(f"/api/v1/artifacts/{made['id']}/content")
        assert (away.status_code, "artifact store: " in away.json()["detail"]) == (503, True)
        peer.start()
        await http.delete(f"/api/v1/artifacts/{made['id']}")
        await http.post("/api/v1/artifacts/garbage")


async def test_who_is_not_let_in_is_told_so_in_a_line(bucket_settings, peer, monkeypatch, tmp_path):
    if peer.kind == "GCS":
        account = tmp_path / "account.json"
        account.write_text(json.dumps({"client_email": "ada"}))
        monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", str(account))
        with pytest.raises(SettingsError, match=r"^artifact store: gs://lab/kept: .*private_key"):
            Stores(bucket_settings)
        return
    for name, value in peer.wrong_environment().items():
        monkeypatch.setenv(name, value)
    async with serving(bucket_settings) as http:
        store = await component(http, f"artifacts-{peer.kind.lower()}")
        assert store["status"] == "degraded"
        assert "403" in store["detail"]
        made = await announced(http, "a", b"x")
        answer = await send(http, made, 0, b"x")
        assert answer.status_code == 503
        assert "403" in answer.json()["detail"]
        assert "\n" not in answer.json()["detail"]
    if peer.kind == "S3":
        peer.stop()
        peer.start()
