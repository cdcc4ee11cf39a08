"""Sources in buckets: jobs of a real server read them from servers that speak the protocols of S3, GCS and Azure."""

import json
from collections.abc import Iterator

import obstore
import pytest
from obstore.store import from_url
from server_process import ServerProcess

from tests.cli.cutting_proxy import CuttingProxy, cutting
from tests.server.artifacts.bucket_peers import PEERS, Peer

PARTS = 3
ROWS = 40_000
MIDDLE = 300_000


def csv(part: int) -> bytes:
    return b"part,name\n" + b"".join(b"%d,user %d\n" % (part, i) for i in range(ROWS))


@pytest.fixture(scope="module", params=PEERS)
def peer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    peer = PEERS[request.param](tmp_path_factory.mktemp(request.param.lower()))
    peer.start()
    yield peer
    peer.stop()


@pytest.fixture
def bucket(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> str:
    """Its address, with objects in it."""
    with monkeypatch.context() as told:
        for name, value in peer.environment().items():
            told.setenv(name, value)
        root = peer.url.rpartition("/")[0]
        store = from_url(root, client_options={"allow_http": True})
    for part in range(PARTS):
        obstore.put(store, f"raw/day {part}.csv", csv(part))
    obstore.put(store, "raw/notes.txt", b"no table")
    obstore.put(store, "raw/deep/day 9.csv", csv(9))
    return root


@pytest.fixture
def proxy(peer: Peer, environment) -> Iterator[CuttingProxy]:
    """In front of the bucket, which the server knows by it."""
    with cutting(peer.port) as proxy:
        address, peer.address = peer.address, f"http://127.0.0.1:{proxy.port}"
        environment |= peer.environment()
        peer.address = address
        yield proxy


@pytest.fixture
def server(proxy, tmp_path, dsn, environment) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path, environment | {"DATABASE_URL": dsn})
    process.start()
    environment["MLTUI_URL"] = process.url
    yield process
    process.stop()


def ingest(mltui, uri: str, *words: str, code: int = 0) -> str:
    return mltui("ingest", "add", uri, *words, "--start", "--wait", code=code).stdout


def test_objects_become_a_dataset_and_what_is_not_there_is_told(bucket, server, mltui):
    assert f"{ROWS:,} rows" in ingest(mltui, f"{bucket}/raw/day 0.csv")
    assert f"{PARTS * ROWS:,} rows" in ingest(mltui, f"{bucket}/raw/*.csv")
    job = json.loads(mltui("ingest", "show", "latest", "--json").stdout)
    assert (job["name"], job["bytes"]) == ("raw", sum(len(csv(part)) for part in range(PARTS)))
    assert f"{(PARTS + 1) * ROWS:,} rows" in ingest(mltui, f"{bucket}/**/day ?.csv")
    assert "raw/none.csv: there is no such object" in ingest(mltui, f"{bucket}/raw/none.csv", code=1)
    for uri in (f"{bucket}-none/raw/day 0.csv", f"{bucket}-none/raw/*.csv"):
        assert f"{bucket}-none: there is no such bucket" in ingest(mltui, uri, code=1)
    assert "raw/day%200.csv: there is no such object" in ingest(mltui, f"{bucket}/raw/day%200.csv", code=1)
    assert "raw/*.json: no object matches" in ingest(mltui, f"{bucket}/raw/*.json", code=1)
    assert "raw/notes.txt" in ingest(mltui, f"{bucket}/raw/notes.txt", "--format", "parquet", code=1)


def test_an_object_that_breaks_off_goes_on(bucket, proxy, server, mltui):
    proxy.cut_after = MIDDLE
    assert f"{ROWS:,} rows" in ingest(mltui, f"{bucket}/raw/day 1.csv")
    assert proxy.cut_after is None


def test_who_is_not_let_in_is_told_so_in_a_line(bucket, peer, tmp_path, dsn, environment, mltui):
    if peer.kind == "GCS":
        account = tmp_path / "account.json"
        account.write_text(json.dumps({"client_email": "ada"}))
        environment["GOOGLE_SERVICE_ACCOUNT"] = str(account)
    else:
        environment |= peer.wrong_environment()
    server = ServerProcess(tmp_path, environment | {"DATABASE_URL": dsn})
    server.start()
    environment["MLTUI_URL"] = server.url
    try:
        ingest(mltui, f"{bucket}/raw/day 0.csv", code=1)
        error = json.loads(mltui("ingest", "show", "latest", "--json").stdout)["error"]
    finally:
        server.stop()
        if peer.kind == "S3":
            peer.stop()
            peer.start()
    assert error.startswith(f"{bucket}/raw/day 0.csv: ")
    assert error.endswith("credentials come from the server's environment")
    assert "\n" not in error
