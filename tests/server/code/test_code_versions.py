"""Code versions over REST: several tell of one scope, in any order, and it comes to the same."""

from itertools import permutations

import pytest

from tests.server.agents import make_pipeline, start, until_status

WORDS = [
    {"captured_at": "2026-03-01T12:00:00Z", "scope": "main", "commit": "a" * 40, "dirty": True, "diff": "+x\n",
     "command": ["./train.sh"]},
    {"captured_at": "2026-03-01T12:00:01Z", "scope": "main", "python": "CPython 3.12.1", "packages": {"torch": "2.9"}},
    {"captured_at": "2026-03-01T13:00:00Z", "scope": "main", "commit": "b" * 40, "dirty": False, "diff": "",
     "command": ["./train.sh"]},
]  # fmt: skip


async def told(http, run_id, *words):
    for word in words:
        response = await http.post(f"/api/v1/runs/{run_id}/code", json=word)
        assert response.status_code == 204, response.text
    return (await http.get(f"/api/v1/runs/{run_id}/code")).json()


async def outside(http, name="r"):
    return (await http.post("/api/v1/runs", json={"name": name})).json()["id"]


async def test_the_latest_word_counts_field_by_field_in_whatever_order_it_arrives(http):
    answers = []
    for order in permutations(WORDS):
        run_id = await outside(http)
        answers.append(await told(http, run_id, *order, *order[:1]))
    assert all(answer == answers[0] for answer in answers)
    (code,) = answers[0]
    assert (code["commit"], code["dirty"], code["diff"]) == ("b" * 40, False, "")
    assert (code["python"], code["packages"]) == ("CPython 3.12.1", {"torch": "2.9"})
    assert code["captured_at"] == "2026-03-01T13:00:00Z"
    assert (code["untracked"], code["environment"], code["branch"]) == ([], {}, None)


async def test_each_scope_has_its_own_and_all_go_with_the_run(http):
    await make_pipeline(http)
    run_id = await start(http)
    assert await told(http, run_id) == []
    codes = await told(http, run_id, *({**WORDS[0], "scope": scope} for scope in ("b", "a")))
    assert [code["scope"] for code in codes] == ["a", "b"]
    await http.post(f"/api/v1/runs/{run_id}/cancel")
    await until_status(http, run_id, "cancelled")
    assert (await http.delete(f"/api/v1/runs/{run_id}")).status_code == 204
    assert (await http.get(f"/api/v1/runs/{run_id}/code")).status_code == 404


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ({}, "captured_at"),
        ({**WORDS[0], "diff": "x" * 262_145}, "it may have at most 262144 characters"),
        ({**WORDS[0], "scope": ""}, "it must not be empty"),
        ({**WORDS[0], "comit": "a"}, "comit"),
    ],
)
async def test_what_cannot_be_meant_is_refused(http, word, message):
    response = await http.post(f"/api/v1/runs/{await outside(http)}/code", json=word)
    assert response.status_code == 422
    assert message in response.json()["detail"]


async def test_of_a_run_that_is_not_there_nothing_is_told(http):
    for response in (await http.get("/api/v1/runs/x/code"), await http.post("/api/v1/runs/x/code", json=WORDS[0])):
        assert (response.status_code, response.json()["detail"]) == (404, "no run 'x'")
