"""/health names each store that a server has, whichever of them new files go to, and says why one is away."""

import socket

import httpx
import msgspec
import pytest
from litestar.testing import AsyncTestClient

from mltui_server.app import create_app
from mltui_server.settings import Settings


@pytest.fixture(params=["shut", "silent"])
def endpoint(request: pytest.FixtureRequest):
    """Where nobody listens, and where somebody does who never answers."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        if request.param == "silent":
            found.listen()
        yield f"http://127.0.0.1:{found.getsockname()[1]}"


@pytest.mark.parametrize("default", ["LOCAL", "S3"])
async def test_a_bucket_that_is_away_is_a_component_with_its_reason(settings: Settings, endpoint, default, monkeypatch):
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "x", "AWS_ENDPOINT_URL": endpoint}
    for name, value in keys.items():
        monkeypatch.setenv(name, value)
    chosen = msgspec.structs.replace(settings, artifacts_s3="s3://models/kept", artifact_store=default)
    async with AsyncTestClient(create_app(chosen, chosen.database_url)) as http:
        answer: httpx.Response = await http.get("/health")
    health = answer.json()
    stores = {one["name"]: one for one in health["components"] if one["name"].startswith("artifacts")}
    assert (answer.status_code, health["status"], stores["artifacts"]["status"]) == (200, "degraded", "ok")
    assert stores["artifacts-s3"]["status"] == "degraded"
    assert stores["artifacts-s3"]["detail"].startswith("s3://models/kept: Generic S3 error")
    assert endpoint in stores["artifacts-s3"]["detail"]
