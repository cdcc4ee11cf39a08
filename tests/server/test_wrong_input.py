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
        (b'{"name":"a/b"}', 422, "$.name: 1 to 200 characters, no control characters, no slash"),
        (b'{"name":".."}', 422, "neither . nor .."),
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
        await http.get(f"/api/v1/runs/{run}/series", params={"from": "a"}), 422, "from: it must be a number"
    )
    assert problem["errors"][0]["path"] == "from"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("runs?limit=2&limit=3", "limit is given 2 times (2, 3); give it once"),
        ("runs?ids=a&ids=b&ids=c", "ids is given 3 times (a, b, c)"),
        ("runs/one/series?from=1&from=2", "from is given 2 times"),
        ("runs/one/series.csv?x=time&x=step", "x is given 2 times"),
        ("metrics/depth/data?limit=2&limit=3", "limit is given 2 times"),
        ("metrics/depth/data?start_time=-1h&queue=a&start_time=-2h", "start_time is given 2 times"),
        ("metrics/depth/data?format=csv&format=json", "format is given 2 times"),
        ("events?limit=2&limit=", "limit is given 2 times (2, )"),
        ("runs?bogus=1", "there is no parameter 'bogus' here; those are cursor, environment, ids, limit, "),
        ("events?offset=5", "there is no parameter 'offset' here; those are action, actor, "),
        ("metrics?queue=a", "there is no parameter 'queue' here; those are cursor, limit, offset, "),
        ("runs/one?run_id=1", "there is no parameter 'run_id' here; there are none"),
        ("runs?tag=:x", "tag=':x' names no tag; write tag=NAME, or tag=NAME:VALUE"),
        ("runs?tag=a&tag=", "tag='' names no tag"),
    ],
)
async def test_a_parameter_that_would_be_dropped_in_silence(http, address, words):
    await refused(await http.get(f"/api/v1/{address}"), 422, words)


async def test_a_parameter_of_several_values_is_given_as_often_as_one_likes(http):
    await http.post("/api/v1/metrics", json={"name": "depth", "type": "gauge", "label_keys": ["queue"]})
    for address in ("runs?tag=a&tag=b:c", "metrics/depth/data?queue=a&queue=b"):
        assert (await http.get(f"/api/v1/{address}")).status_code == 200


async def test_what_needs_no_body_asks_for_none(http):
    await make_pipeline(http, "p", stages=[{"name": "a", "command": "true"}])
    run = (await http.post("/api/v1/pipelines/p/runs")).json()
    assert (await http.post(f"/api/v1/runs/{run['id']}/cancel")).status_code == 200
    await until_status(http, run["id"], "cancelled")
    assert (await http.post(f"/api/v1/runs/{run['id']}/retry")).status_code == 201


async def test_an_address_that_nobody_serves_has_a_request_id_too(http):
    await refused(await http.put("/nowhere"), 404, "nothing at this address")
