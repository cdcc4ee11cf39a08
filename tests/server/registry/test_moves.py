"""Aliases and stages: moved with a reason, as events, one at a time; where it is wanted, with an approval."""

import asyncio

import pytest

from tests.server.registry.registry_calls import MODELS, decide, events_of, move_alias, move_stage, register


@pytest.fixture
async def three(http) -> None:
    for _ in range(3):
        await register(http)


@pytest.fixture
async def guarded(http, three) -> None:
    await http.patch(f"{MODELS}/digits", json={"approval": True})


async def digits(http) -> dict:
    return (await http.get(f"{MODELS}/digits")).json()


async def test_an_alias_moves_with_a_reason(http, three):
    assert (await move_alias(http, "champion", 1)).json() == {"approval": None}
    assert (await move_alias(http, "champion", 3, expected=1)).status_code == 200
    assert (await digits(http))["aliases"] == {"champion": 3}
    assert (await http.get(f"{MODELS}/digits/versions/@champion")).json()["version"] == 3
    assert (await http.get(f"{MODELS}/digits/versions/3")).json()["aliases"] == ["champion"]
    last, first = await events_of(http, "model.alias")
    assert (first["before"], first["after"]) == (
        {"alias": "champion", "version": None}, {"alias": "champion", "version": 1},
    )  # fmt: skip
    assert (last["before"]["version"], last["after"]["version"], last["message"]) == (1, 3, "it is better")
    assert (last["object_name"], last["actor"]) == ("digits", "ada")
    assert (await move_alias(http, "champion", None)).status_code == 200
    assert (await digits(http))["aliases"] == {}
    assert (await http.get(f"{MODELS}/digits/versions/@champion")).json()["detail"] == "no version 'digits@champion'"


async def test_a_stage_moves_with_a_reason(http, three):
    assert (await move_stage(http, 2, "Staging")).status_code == 200
    assert (await move_stage(http, 2, "Production", expected="Staging")).status_code == 200
    assert (await digits(http))["stages"] == {"Production": [2]}
    event = (await events_of(http, "model_version.stage"))[0]
    assert (event["before"], event["after"]) == ({"stage": "Staging"}, {"stage": "Production"})
    assert (event["message"], event["object_name"]) == ("it passed", "digits/2")
    produced = (await http.get(f"{MODELS}/digits/versions", params={"stage": "Production"})).json()["items"]
    assert [version["version"] for version in produced] == [2]


@pytest.mark.parametrize("reason", [{}, {"reason": ""}, {"reason": " \n"}])
async def test_without_a_reason_nothing_moves(http, three, reason):
    for method, path, body in (
        ("PUT", f"{MODELS}/digits/aliases/champion", {"version": 1}),
        ("POST", f"{MODELS}/digits/versions/1/stage", {"stage": "Production"}),
    ):
        answer = await http.request(method, path, json=body | reason)
        assert (answer.status_code, "reason" in answer.json()["detail"]) == (422, True), answer.text
    assert ((await digits(http))["aliases"], (await digits(http))["stages"]) == ({}, {})


async def test_a_move_says_why_it_cannot_be(http, three):
    await move_alias(http, "champion", 1)
    await move_stage(http, 1, "Staging")
    for answer, status, words in [
        (await move_alias(http, "champion", 1), 409, "digits@champion points to version 1 already"),
        (await move_alias(http, "champion", 2, expected=3), 409,
         "digits@champion points to version 1 by now, not to version 3"),
        (await move_alias(http, "champion", 9), 404, "no version 'digits/9'"),
        (await move_alias(http, "1st", 2), 422, "letters, digits"),
        (await move_stage(http, 1, "Staging"), 409, "digits/1 is in stage Staging already"),
        (await move_stage(http, 1, "Production", expected="None"), 409,
         "digits/1 is in stage Staging by now, not in None"),
        (await move_stage(http, 1, "Live"), 422, "Live"),
    ]:  # fmt: skip
        assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.text


async def test_of_two_at_once_one_wins(http, three):
    answers = await asyncio.gather(*(move_alias(http, "champion", n, who=f"u{n}", expected=None) for n in (1, 2, 3)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    winner = (await digits(http))["aliases"]["champion"]
    lost = [answer.json()["detail"] for answer in answers if answer.status_code == 409]
    assert lost == [f"digits@champion points to version {winner} by now, not to none"] * 2
    assert len(await events_of(http, "model.alias")) == 1
    answers = await asyncio.gather(*(move_stage(http, 1, s, expected="None") for s in ("Staging", "Production")))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_somebody_else_approves(http, guarded):
    asked = await move_alias(http, "champion", 2)
    assert asked.status_code == 202
    approval = asked.json()["approval"]
    assert (approval["kind"], approval["alias"], approval["version"], approval["before"], approval["after"]) == (
        "alias", "champion", 2, "", "2",
    )  # fmt: skip
    assert (approval["status"], approval["requested_by"], approval["reason"]) == ("pending", "ada", "it is better")
    row = await digits(http)
    assert (row["aliases"], row["pending"]) == ({}, 1)
    own = await decide(http, approval["id"], "approve", "ada")
    assert (own.status_code, "somebody else must decide" in own.json()["detail"]) == (409, True)
    shouted = await decide(http, approval["id"], "approve", "ADA")
    assert (shouted.status_code, "somebody else must decide" in shouted.json()["detail"]) == (409, True)
    done = (await decide(http, approval["id"], "approve", "bob")).json()
    assert (done["status"], done["decided_by"], done["decision"]) == ("approved", "bob", "looked at it")
    row = await digits(http)
    assert (row["aliases"], row["pending"]) == ({"champion": 2}, 0)
    again = await decide(http, approval["id"], "reject", "eve")
    assert (again.status_code, "was approved by bob already" in again.json()["detail"]) == (409, True)
    actions = [e["action"] for e in (await http.get("/api/v1/events", params={"object": "digits"})).json()["items"]]
    assert actions[:3] == ["model.alias", "model.approve", "model.request"]
    for query, ids in (({}, [approval["id"]]), ({"status": "approved"}, [approval["id"]]), ({"status": "pending"}, [])):
        listed = (await http.get(f"{MODELS}/digits/approvals", params=query)).json()["items"]
        assert [one["id"] for one in listed] == ids


@pytest.mark.parametrize("who", ["", " ", "Anonymous"])
async def test_who_does_not_say_who_they_are_neither_asks_nor_approves(http, guarded, who):
    approval = (await move_alias(http, "champion", 2, who="root")).json()["approval"]
    refused = await decide(http, approval["id"], "approve", who)
    assert refused.status_code == 403
    assert "two people who say who they are, with the header X-Mltui-User" in refused.json()["detail"]
    asked = await move_stage(http, 1, "Staging", who=who)
    assert (asked.status_code, (await digits(http))["aliases"], (await digits(http))["pending"]) == (403, {}, 1)
    assert (await decide(http, approval["id"], "approve", "bob")).status_code == 200


async def test_approval_stays_on_while_moves_wait(http, guarded):
    asked = [(await move_alias(http, alias, 2)).json()["approval"] for alias in ("champion", "challenger")]
    off = {"json": {"approval": False}}
    for left, words in ((asked, "2 moves wait for approval of 'digits'; decide on them"), (asked[1:], "a move waits")):
        for who in ({}, {"X-Mltui-User": "ada"}, {"X-Mltui-User": "bob"}):
            answer = await http.patch(f"{MODELS}/digits", **off, headers=who)
            assert (answer.status_code, words in answer.json()["detail"]) == (409, True), answer.text
        assert (await digits(http))["approval"] is True
        await decide(http, left[0]["id"], "reject", "ada")
    assert (await http.patch(f"{MODELS}/digits", **off)).json()["approval"] is False
    assert (await move_alias(http, "champion", 2, who="")).status_code == 200, "without approval nobody need be named"


async def test_who_asked_may_take_it_back(http, guarded):
    approval = (await move_alias(http, "champion", 2)).json()["approval"]
    done = (await decide(http, approval["id"], "reject", "ada", reason="too early")).json()
    assert (done["status"], done["decided_by"]) == ("rejected", "ada")
    assert (await digits(http))["pending"] == 0
    back, asked = (await events_of(http, "model.reject"))[0], (await events_of(http, "model.request"))[0]
    assert back["after"]["approval"] == asked["after"]["approval"] == approval["id"]


async def test_a_rejected_move_is_not_made(http, guarded):
    approval = (await move_stage(http, 1, "Production")).json()["approval"]
    assert (approval["kind"], approval["before"], approval["after"]) == ("stage", "None", "Production")
    assert (await decide(http, approval["id"], "reject", "bob", reason="")).status_code == 422
    done = (await decide(http, approval["id"], "reject", "bob", reason="it is biased")).json()
    assert (done["status"], done["decision"]) == ("rejected", "it is biased")
    assert (await digits(http))["stages"] == {}
    assert (await move_stage(http, 1, "Production")).status_code == 202, "it can be asked for again"


async def test_one_move_waits_at_a_time(http, guarded):
    await move_alias(http, "champion", 1)
    second = await move_alias(http, "champion", 2, who="eve")
    assert (second.status_code, "waits for approval since ada asked" in second.json()["detail"]) == (409, True)
    assert (await move_alias(http, "challenger", 2)).status_code == 202, "another alias is another matter"
    assert (await move_stage(http, 1, "Staging")).status_code == 202


async def test_of_two_who_decide_one_wins(http, guarded):
    approval = (await move_alias(http, "champion", 1)).json()["approval"]
    answers = await asyncio.gather(
        decide(http, approval["id"], "approve", "bob"), decide(http, approval["id"], "reject", "eve")
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_what_happened_meanwhile_outdates_a_move(http, guarded):
    approval = (await move_alias(http, "champion", 1)).json()["approval"]
    await http.delete(f"{MODELS}/digits/versions/1")
    answer = await decide(http, approval["id"], "approve", "bob")
    assert (answer.status_code, "was deleted meanwhile" in answer.json()["detail"]) == (409, True)
    assert (await decide(http, approval["id"], "reject", "bob")).status_code == 200
    assert (await decide(http, "nothing", "reject", "bob")).status_code == 404
