"""Models and lineage in the console, on a real server: moves, approvals, comparing, ways to what is named."""

import httpx
import psycopg
import pytest
from console_server import add_runs, run_id
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
        await console.until_shown("@champion 3", "approved: @champion 2 → 3 of digits")
        await console.until(lambda: "Waits" not in console.text, "nothing to wait")
        await console.press("s", "enter")
        await console.until_shown("digits/3 from None to Staging")
        await console.type("go")
        await console.press("enter")
        await console.until_shown("it waits until somebody else approves it", "version 3 None → Staging")
        await console.press("w")
        await console.until_shown(
            "You asked for it: anybody but ada may approve", "take back  version 3 None → Staging"
        )
        assert "reject" not in console.text
        async with httpx.AsyncClient(headers={"X-Mltui-User": "grace"}) as grace:
            url = f"{models.url}/api/v1/models/digits/aliases/champion"
            (await grace.put(url, json={"version": 2, "reason": "it drifts"})).raise_for_status()
        await console.press("escape", "w")
        await console.until_shown("Whoever asked for a move takes it back", "approve  @champion 3 → 2", "reject")
        await console.press("down", "down", "enter")
        await console.until_shown("Why take it back?")
        await console.type("too soon")
        await console.press("enter")
        await console.until_shown("taken back: version 3 None → Staging of digits")
        await console.until(lambda: "Waits         version 3" not in console.text, "the move to be taken back")
        await console.press("enter")
        await console.until_shown("Models › digits › 3", "Waits", "@champion 3 → 2", "grace: it drifts")


async def test_approval_stays_on_while_moves_wait_for_it(models, open_console):
    async with open_console() as console:
        await console.type(":model digits")
        await console.press("enter")
        await console.until_shown("Waits", "somebody else approves them")
        await console.press("A")
        await console.until_shown("1 move waits for approval of digits: decide on it with w")
        assert "approval off?" not in console.text
        await console.press("w", "down", "enter")
        await console.until_shown("Why reject it?")
        await console.type("no")
        await console.press("enter")
        await console.until_shown("rejected: @champion 2 → 3 of digits")
        await console.press("A")
        await console.until_shown("digits: approval off?", "made at once again")
        await console.press("y")
        await console.until_shown("approval off for digits")


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
        await console.until_shown("no run (by id or name)")


async def test_lineage_knows_the_words_that_the_command_line_knows(models, open_console):
    async with open_console() as console:
        for word, what in (("latest", "digits-40"), (run_id(1)[-12:], "digits-39"), ("digits/1", "digits/1")):
            await console.type(f":lineage {word}")
            await console.press("enter")
            await console.until_shown(f"Lineage › {what}")
        await console.type(":lineage beef")
        await console.press("enter")
        await console.until_shown("no run (by id or name)", "Lineage › …")


async def test_a_model_that_never_was_is_not_said_to_be_gone(models, open_console, dsn):
    async with open_console() as console:
        await console.type(":models nosuch")
        await console.press("enter")
        await console.until_shown("no model 'nosuch'", "digits-40")
        assert "any more" not in console.text
        await console.type(":models fraud")
        await console.press("enter")
        await console.until_shown("Models › fraud", "ready")
        with psycopg.connect(dsn) as connection:
            connection.execute("UPDATE registered_model SET deleted_at = now() WHERE name = 'fraud'")
        await console.press("ctrl+r")
        await console.until_shown("There is no such model any more.")


async def test_a_version_is_deleted_and_comes_back(models, open_console):
    async with open_console() as console:
        await console.type(":model digits")
        await console.press("enter")
        await console.until_shown("3 versions")
        await console.press("space", "G", "D")
        await console.until_shown("Delete digits/1?", "models restore digits/1", "marks are for comparing")
        await console.press("y")
        await console.until_shown("2 versions")
        models.post("/models/digits/versions/1/restore", {})
        await console.until_shown("3 versions")


async def write(console, text):
    """Replace what a dialog's field says."""
    await console.press("ctrl+u")
    await console.type(text)
    await console.press("ctrl+s")


async def test_what_is_said_of_models_and_versions_is_edited_and_undone(models, open_console):
    def fraud():
        return models.get("/models/fraud"), models.get("/models/fraud/versions/1")

    async with open_console() as console:
        await console.press("v")
        await console.until_shown("fraud", "● live")
        await console.press("j", "t")
        await console.until_shown("Tags of fraud")
        await write(console, "team=risk")
        await console.until_shown("tagged fraud; z undoes it")
        await console.press("enter")
        await console.until_shown("Models › fraud", "team=risk", "ready")
        await console.press("N")
        await console.until_shown("Description of fraud", "Flags card fraud")
        await console.type(" and more. ")
        await console.press("ctrl+s")
        await console.until_shown("described fraud; z undoes it")
        await console.press("t")
        await console.until_shown("Tags of fraud/1")
        await write(console, "checked")
        await console.until_shown("tagged fraud/1; z undoes it")
        await console.press("x")
        await console.until_shown("archived fraud/1; z undoes it", "archived")
        model, version = fraud()
        assert (model["tags"], model["description"]) == ({"team": "risk"}, " and more. Flags card fraud")
        assert (version["tags"], version["status"]) == ({"checked": ""}, "archived")
        for words in ("archived fraud/1", "tagged fraud/1", "described fraud", "tagged fraud"):
            await console.press("z")
            await console.until_shown(f"undone: {words}")
        await console.until(lambda: not fraud()[0]["tags"], "the tags of the model to be undone")
        model, version = fraud()
        assert model["description"] == "Flags card fraud"
        assert (version["tags"], version["status"]) == ({}, "ready")


async def move(console, *answers):
    """What was asked for first is on the screen by now; the reason comes last."""
    for heading, text in answers:
        await console.until_shown(heading)
        if text:
            await console.type(text)
        await console.press("enter")


async def test_moves_and_deletions_are_undone(models, open_console):
    def fraud():
        row = models.get("/models/fraud")
        return row["aliases"], row["stages"], row["version_count"]

    async with open_console() as console:
        await console.type(":model fraud")
        await console.press("enter")
        await console.until_shown("Models › fraud", "ready", "● live")
        await console.press("a")
        await move(console, ("Alias of fraud/1", "champion"), ("@champion from none to fraud/1", "the only one"))
        await console.until_shown("moved @champion to fraud/1; z undoes it")
        await console.press("s")
        await move(console, ("It is in None", ""), ("fraud/1 from None to Staging", "try it"))
        await console.until_shown("moved fraud/1 to Staging; z undoes it")
        assert fraud() == ({"champion": 1}, {"Staging": [1]}, 1)
        await console.press("z")
        await console.until_shown("undone: moved fraud/1 to Staging")
        await console.press("z")
        await console.until_shown("undone: moved @champion to fraud/1")
        await console.press("D")
        await console.until_shown("Delete fraud/1?", "z brings it back")
        await console.press("y")
        await console.until_shown("0 versions", "deleted fraud/1; z undoes it")
        await console.press("z")
        await console.until_shown("1 version", "undone: deleted fraud/1")
        assert fraud() == ({}, {}, 1)
        reasons = [event["message"] for event in models.get("/events", action="model.alias")["items"]]
        assert reasons == ["undone: the only one", "the only one"]


async def test_what_needs_approval_is_asked_for_again_to_be_undone(models, open_console):
    async with open_console() as console:
        await console.type(":model fraud")
        await console.press("enter")
        await console.until_shown("Models › fraud", "ready", "● live")
        await console.press("s")
        await move(console, ("It is in None", ""), ("fraud/1 from None to Staging", "try it"))
        await console.until_shown("moved fraud/1 to Staging; z undoes it")
        await console.press("A", "y")
        await console.until_shown("approval on for fraud; z undoes it", "somebody else approves them")
        await console.press("a")
        await move(console, ("Alias of fraud/1", "champion"), ("@champion from none to fraud/1", "the only one"))
        await console.until_shown("asked to move @champion to fraud/1; z undoes it", "Waits")
        await console.press("z")
        await console.until_shown("undone: asked to move @champion to fraud/1")
        await console.until(lambda: "Waits" not in console.text, "nothing that waits")
        console.app.session.history.done.pop()
        await console.press("z")
        await console.until_shown("undoing it waits until somebody else approves it", "Staging → None")
        assert models.get("/models/fraud")["stages"] == {"Staging": [1]}


async def test_what_somebody_moved_since_stays_and_does_not_keep_the_rest_from_being_undone(models, open_console):
    async with open_console() as console:
        await console.type(":model fraud")
        await console.press("enter")
        await console.until_shown("Models › fraud", "ready", "● live")
        await console.press("t")
        await console.until_shown("Tags of fraud/1")
        await write(console, "checked")
        await console.until_shown("tagged fraud/1")
        await console.press("a")
        await move(console, ("Alias of fraud/1", "champion"), ("@champion from none to fraud/1", "the only one"))
        await console.until_shown("moved @champion to fraud/1; z undoes it")
        async with httpx.AsyncClient(headers={"X-Mltui-User": "grace"}) as grace:
            url = f"{models.url}/api/v1/models/fraud/aliases/champion"
            (await grace.put(url, json={"version": None, "reason": "it drifts"})).raise_for_status()
        await console.press("z")
        await console.until_shown("fraud@champion was changed since by grace")
        await console.press("z")
        await console.until_shown("undone: tagged fraud/1")
