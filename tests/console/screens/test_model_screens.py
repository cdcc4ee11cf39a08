"""Models and lineage in the console, on a real server: moves, approvals, comparing, ways to what is named."""

import pytest
from console_server import add_runs
from model_rows import add_models


@pytest.fixture
def models(server, dsn):
    add_runs(dsn)
    add_models(dsn)
    return server


async def test_an_alias_moves_with_a_reason(models, open_console):
    async with open_console() as console:
        await console.type(":model fraud")
        await console.press("enter")
        await console.until_shown("Models › fraud", "none; press a on a version", "ready")
        await console.press("a")
        await console.until_shown("Alias of fraud/1")
        await console.type("no blanks")
        await console.until_shown("an alias is letters, digits")
        await console.press("ctrl+u")
        await console.type("champion")
        await console.press("enter")
        await console.until_shown("@champion from none to fraud/1")
        await console.press("enter")
        await console.until_shown("a reason is needed")
        await console.type("the only one")
        await console.press("enter")
        await console.until_shown("@champion 1")
        [event] = models.get("/events", action="model.alias")["items"]
        assert (event["actor"], event["message"]) == ("ada", "the only one")
        await console.press("s")
        await console.until_shown("It is in None")
        await console.press("enter")
        await console.until_shown("fraud/1 from None to Staging")
        await console.type("try it")
        await console.press("enter")
        await console.until_shown("Staging")
        await console.type(":events action:model*")
        await console.press("enter")
        await console.until_shown("model_version.stage", "fraud/1", "try it")
        await console.press("o")
        await console.until_shown("Models › fraud › 1", "s3://models/fraud.joblib")


async def test_a_move_waits_for_somebody_else(models, open_console):
    async with open_console() as console:
        await console.type(":model digits")
        await console.press("enter")
        await console.until_shown("Waits", "grace: better on fresh data", "somebody else approves them")
        await console.press("w")
        await console.until_shown("approve  @champion 2 → 3", "reject")
        await console.press("enter")
        await console.until_shown("Why approve it?")
        await console.type("agreed")
        await console.press("enter")
        await console.until_shown("@champion 3")
        await console.until(lambda: "Waits" not in console.text, "nothing to wait")
        await console.press("s", "enter")
        await console.until_shown("digits/3 from None to Staging")
        await console.type("go")
        await console.press("enter")
        await console.until_shown("it waits until somebody else approves it", "version 3 None → Staging")
        await console.press("w", "enter")
        await console.until_shown("Why approve it?")
        await console.type("mine")
        await console.press("enter")
        await console.until_shown("was asked for by ada")


async def test_what_somebody_else_moved_meanwhile_is_said(models, open_console):
    async with open_console() as console:
        await console.type(":model fraud")
        await console.press("enter")
        await console.until_shown("ready")
        await console.press("s", "enter")
        await console.until_shown("from None to Staging")
        models.post("/models/fraud/versions/1/stage", {"stage": "Production", "reason": "first"})
        await console.type("second")
        await console.press("enter")
        await console.until_shown("fraud/1 is in stage Production by now, not in None")


async def test_two_versions_are_compared(models, open_console):
    async with open_console() as console:
        await console.press("v")
        await console.until_shown("fraud")
        await console.press("enter")
        await console.until_shown("Models › digits", "cnn")
        await console.press("c")
        await console.until_shown("mark two versions with space")
        await console.press("space", "c")
        await console.until_shown("digits/2", "digits/3", "optimizer", "≠ 0.97", "0.98")
        await console.press("c")
        await console.until(lambda: "optimizer" not in console.text, "only what differs")
        await console.until_shown("only what differs", "≠ 0.97")


async def test_lineage_leads_to_what_it_names(models, open_console):
    async with open_console() as console:
        await console.until_shown("digits-40")
        await console.press("L")
        await console.until_shown("Lineage › digits-40", "CAME FROM", "daily digits", "digits.csv.gz", "network.pt")
        await console.press("G", "enter")
        await console.until_shown("Models › digits › 3", "Trained on")
        await console.press("L")
        await console.until_shown("Lineage › digits/3")
        await console.press("j", "j", "j", "j", "enter")
        await console.until_shown("Runs › digits-40")
        await console.type(":lineage digits@champion")
        await console.press("enter")
        await console.until_shown("Lineage › digits/2")
        await console.press("j", "j", "j", "L")
        await console.until_shown("Lineage › network.pt", "LED TO")
        await console.type(":lineage https://data.example/digits.csv.gz")
        await console.press("enter")
        await console.until_shown("Lineage › https://data.example/digits.csv.gz", "LED TO", "daily digits")
        await console.press("G", "g", "j", "j", "j", "j", "j", "enter")
        await console.until_shown("Ingestion › daily digits")
        await console.press("L")
        await console.until_shown("Lineage › daily digits", "digits/3")
        await console.press("j", "j", "j", "L")
        await console.until_shown("Lineage › https://data.example/digits.csv.gz")
        await console.type(":lineage nothing")
        await console.press("enter")
        await console.until_shown("no run, dataset, job, artifact or version")


async def test_a_version_is_deleted_and_comes_back(models, open_console):
    async with open_console() as console:
        await console.type(":model digits")
        await console.press("enter")
        await console.until_shown("3 versions")
        await console.press("G", "D")
        await console.until_shown("Delete digits/1?", "models restore digits/1")
        await console.press("y")
        await console.until_shown("2 versions")
        models.post("/models/digits/versions/1/restore", {})
        await console.until_shown("3 versions")
