"""What is a secret by its name or its shape is in nothing that is kept for others."""

import pytest
from sqlalchemy import text

from tests.server.agents import make_pipeline, play, start, until_status
from tests.server.registry.registry_calls import MODELS, make_run, put_file, register
from tests.server.why.failing import ask, fail

SECRET, OTHER = "tr0ub4dor", "c0rrect-h0rse"
ADDRESSES = [
    ("s3://AK:SECRETzzzz@models/fraud.joblib", "there is a password in the address"),
    ("s3://AK:SEC/RET@models/fraud.joblib", "there is a password in the address"),
    ("https://h/x?token=SECRET", "there is a secret in the address (token=)"),
    ("https://h/x?a=1&X-Amz-Security-Token=SECRET", "there is a secret in the address (X-Amz-Security-Token=)"),
    ("https://h/x#token=SECRET", "there is a secret in the address (token=)"),
    ("https://h/ghp_" + "a1" * 18 + "/x", "there is a token in the address"),
    ("https://AKIAIOSFODNN7EXAMPLE@h/x", "there is a token in the address"),
    ("https://h/xoxb-12345678-abcdef", "there is a token in the address"),
    ("https://h/sk-proj-" + "a1" * 20, "there is a token in the address"),
]


@pytest.mark.parametrize(("uri", "words"), ADDRESSES)
async def test_no_address_with_a_secret_is_taken(http, uri, words):
    artifact = await put_file(http, await make_run(http), "digits.csv", b"a")
    for path, name, body in (
        (f"{MODELS}/fraud/versions", "uri", {}),
        ("/api/v1/datasets", "source_uri", {"artifact": artifact}),
        ("/api/v1/ingestion-jobs", "uri", {"runner": "outside"}),
    ):
        answer = await http.post(path, json={name: uri, **body})
        said = answer.json()["detail"]
        assert (answer.status_code, f"$.{name}: {words}" in said, "SECRET" in said) == (422, True, False), answer.text
    assert (await http.get(MODELS)).json()["total"] == 0


@pytest.mark.parametrize(
    "uri", ["https://h:8080/a?v=a@b#page=2", "s3://bucket/key=5/a:b@c", "https://h/x?key=2024/a.csv"]
)
async def test_an_address_without_one_is_taken(http, uri):
    assert (await register(http, "fraud", uri=uri))["uri"] == uri


def spec(token: str) -> dict:
    stage = {"name": "auth", "command": "true", "env": {"API_TOKEN": token, "MODE": token[:2]}}
    return {
        "name": "p",
        "parameters": {"api_key": "", "lr": 0.1},
        "config": {"secrets": {"db": token}},
        "stages": [stage],
    }


async def test_events_tell_of_secrets_only_that_they_are_there(http):
    await make_pipeline(http, **spec(SECRET))
    await http.put("/api/v1/pipelines/p", json=spec(OTHER))
    run = await start(http, parameters={"api_key": SECRET})
    tags = {"db_password": SECRET, "team": "risk"}
    await http.patch(f"/api/v1/runs/{run}", json={"tags": tags})
    await register(http, training_config={"api_key": SECRET})
    await http.patch(f"{MODELS}/digits/versions/1", json={"training_config": {"api_key": OTHER, "layers": 3}})
    answer = await http.get("/api/v1/events")
    assert (SECRET in answer.text, OTHER in answer.text) == (False, False)
    told = {event["action"]: event["after"] for event in answer.json()["items"]}
    assert told["pipeline.update"]["stages"][0]["env"] == {"API_TOKEN": "***", "MODE": "c0"}
    assert told["pipeline.update"]["parameters"] == {"api_key": "", "lr": 0.1}
    assert told["run.create"]["parameters"] == {"api_key": "***", "lr": 0.1}
    assert told["run.update"]["tags"] == {"db_password": "***", "team": "risk"}
    assert told["model_version.update"]["training_config"] == {"api_key": "***", "layers": 3}
    kept = (await http.get(f"/api/v1/runs/{run}")).json()
    assert (kept["parameters"]["api_key"], kept["tags"]) == (SECRET, tags), "who runs it needs it"


COMMANDS = [
    (["python", "train.py", "--api-key", SECRET, "-v"], ["python", "train.py", "--api-key", "***", "-v"]),
    (f"DB_PASSWORD={SECRET} sh -c 'exit 3'", "DB_PASSWORD=*** sh -c 'exit 3'"),
    (["mysql", f"-p{SECRET}", "shop"], ["mysql", "-p***", "shop"]),
    (f"connect known-{OTHER}-value && echo ready", "connect *** && echo ready"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "told"), COMMANDS)
async def test_secrets_of_commands_are_in_no_event_and_in_what_is_run(http, database, command, told):
    stage = {"name": "auth", "command": command, "env": {"API_TOKEN": f"known-{OTHER}-value"}}
    await make_pipeline(http, name="p", stages=[{**stage, "command": "true"}])
    await http.put("/api/v1/pipelines/p", json={"name": "p", "stages": [stage]})
    run = await start(http)
    await play(http, run, "auth")
    await until_status(http, run, "completed")
    await http.post(f"/api/v1/runs/{run}/retry", json={})
    async with database.session() as session:
        rows = (await session.execute(text("SELECT event::text FROM event"))).scalars().all()
    assert [row for row in rows if SECRET in row or OTHER in row] == []
    [updated] = (await http.get("/api/v1/events", params={"action": "pipeline.update"})).json()["items"]
    assert updated["after"]["stages"][0]["command"] == told
    kept = (await http.get(f"/api/v1/runs/{run}")).json()
    assert kept["definition"]["stages"][0]["command"] == command, "who runs it needs it"


async def test_secrets_of_commands_are_in_no_comparison(http):
    def one(secret):
        return {"name": "auth", "command": ["mysql", f"-p{secret}", "--token", secret]}

    await make_pipeline(http, name="p", stages=[one(SECRET)])
    good = await start(http)
    await play(http, good, "auth")
    await until_status(http, good, "completed")
    await register(http, run=good)
    await http.put("/api/v1/pipelines/p", json={"name": "p", "stages": [one(OTHER)]})
    bad = await start(http)
    await fail(http, bad, "auth")
    await until_status(http, bad, "failed")
    [difference] = (await ask(http, bad))["differences"]
    hidden = '["mysql","-p***","--token","***"]'
    assert (difference["name"], difference["before"], difference["after"]) == ("stages.auth.command", hidden, hidden)
    await register(http, run=bad)
    answer = await http.get(f"{MODELS}/digits/compare", params={"left": "1", "right": "2"})
    assert "mysql -p*** --token ***" in answer.text
    assert (SECRET in answer.text, OTHER in answer.text) == (False, False)


async def test_a_version_does_not_copy_the_secrets_of_its_run(http):
    run = await make_run(http, parameters={"api_key": SECRET, "lr": 0.1})
    version = await register(http, run=run, training_config={"db_password": SECRET})
    assert version["training_config"] == {"api_key": "***", "lr": "0.1", "db_password": "***"}
    await register(http, run=await make_run(http, "digits-2", parameters={"api_key": OTHER}))
    answer = await http.get(f"{MODELS}/digits/compare", params={"left": "1", "right": "2"})
    assert answer.status_code == 200, answer.text
    assert (SECRET in answer.text, OTHER in answer.text) == (False, False)


async def test_why_says_that_a_secret_differs_and_not_what_it_is(http):
    await make_pipeline(http, **spec(SECRET))
    good = await start(http, parameters={"api_key": SECRET})
    await play(http, good, "auth")
    await until_status(http, good, "completed")
    await http.put("/api/v1/pipelines/p", json=spec(OTHER))
    bad = await start(http, parameters={"api_key": OTHER})
    await fail(http, bad, "auth")
    await until_status(http, bad, "failed")
    found = {d["name"]: (d["before"], d["after"]) for d in (await ask(http, bad))["differences"]}
    hidden = ("***", "***")
    assert found == {
        "api_key": hidden, "config.secrets": hidden, "stages.auth.env.API_TOKEN": hidden,
        "stages.auth.env.MODE": ("tr", "c0"),
    }  # fmt: skip
