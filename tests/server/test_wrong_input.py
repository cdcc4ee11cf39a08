"""Whatever comes in: one clear message, a 4xx, never a fault of the server's."""

import pytest

from tests.server.agents import make_pipeline, start, until_status

JSON = {"content-type": "application/json"}
NUL = "text cannot have the character NUL"


async def refused(response, status: int, words: str) -> dict:
    problem = response.json()
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json"), problem
    assert words in problem["detail"]
    assert problem["request_id"] == response.headers["x-request-id"]
    return problem


@pytest.mark.parametrize("field", [{"description": "a\0"}, {"config": {"a": "\0"}}, {"environment": "\0"}])
async def test_nul_in_a_body(http, field):
    await refused(await http.post("/api/v1/pipelines", json={"name": "p"} | field), 422, NUL)
    assert (await http.get("/api/v1/pipelines")).json()["total"] == 0


@pytest.mark.parametrize(
    "address",
    ["pipelines/%00", "runs?tag=a%00b:c", "runs?pipeline=%00", "runs?sort=metric:%00", "events?actor=%00",
     "events?text=%00"],
)  # fmt: skip
async def test_nul_in_an_address(http, address):
    await refused(await http.get(f"/api/v1/{address}"), 422, NUL)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b'{"name":"\xff\xfe"}', 400, "the body cannot be decoded"),
        (b"[" * 200_000, 400, "nested too deep"),
        (b"", 422, "the body is missing; send a JSON object"),
        (b'{"nam":1}', 422, "$: Object contains unknown field `nam`"),
        (b'{"name":"a/b"}', 422, "$.name: Expected `str`: 1 to 200 characters, no control characters, no slash"),
        (b'{"name":"' + b"a" * 10_000_001 + b'"}', 413, "more than 10,000,000 bytes"),
    ],
)
async def test_a_body_that_cannot_be_read(http, body, status, words):
    await refused(await http.post("/api/v1/pipelines", content=body, headers=JSON), status, words)


async def test_a_window_beyond_all_lists(http):
    await refused(await http.get("/api/v1/runs", params={"offset": 10**23}), 422, "it must be between 0 and")


async def test_bounds_are_named_as_the_address_names_them(http):
    await make_pipeline(http, "p", stages=[{"name": "a", "command": "true"}])
    run = await start(http, "p")
    problem = await refused(
        await http.get(f"/api/v1/runs/{run}/series", params={"from": "a"}), 422, "from: Expected `float"
    )
    assert problem["errors"][0]["path"] == "from"


async def test_what_needs_no_body_asks_for_none(http):
    await make_pipeline(http, "p", stages=[{"name": "a", "command": "true"}])
    run = (await http.post("/api/v1/pipelines/p/runs")).json()
    assert (await http.post(f"/api/v1/runs/{run['id']}/cancel")).status_code == 200
    await until_status(http, run["id"], "cancelled")
    assert (await http.post(f"/api/v1/runs/{run['id']}/retry")).status_code == 201


async def test_an_address_that_nobody_serves_has_a_request_id_too(http):
    await refused(await http.put("/nowhere"), 404, "nothing at this address")
